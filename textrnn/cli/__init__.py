"""The command line: flags, printing, exit codes."""
