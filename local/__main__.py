"""`python -m local`: see `lab`."""

import sys

from lab.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
