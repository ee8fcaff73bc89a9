"""Every setting with its default, its check and its help text; file, environment and flags merged."""
