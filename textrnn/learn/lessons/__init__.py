"""The lessons, one a file: functions written to be read, which compute before the reader's eyes."""
