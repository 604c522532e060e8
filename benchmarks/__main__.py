"""`python -m benchmarks`: see `lab/benchmarks`."""

import sys

from lab.benchmarks.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
