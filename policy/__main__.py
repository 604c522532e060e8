"""Entry point of the policy pack; the engine runs `python -m pulumi.policy ENGINE policy`."""

import sys
from pathlib import Path

# The engine puts this folder first on the path; the packages are next to it.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from policy.analyzer import serve  # noqa: E402 - found by the line above

serve()
