"""`python -m trajectsim` is the command `trajectsim`."""

import sys

from trajectsim.cli import main

if __name__ == "__main__":
    sys.exit(main())
