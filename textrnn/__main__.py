"""`python -m textrnn`: the same command as `textrnn`."""

import sys

from textrnn.cli import main

if __name__ == "__main__":
    sys.exit(main())
