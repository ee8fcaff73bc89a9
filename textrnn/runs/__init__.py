"""The run folder on disk: layout, integrity, commit, locking, finding."""
