"""The policy pack, as the engine starts it: `python -m pulumi.policy ENGINE policy`."""

import sys
from pathlib import Path

# The engine puts this folder first; what is imported here lies beside it.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from policy.analyzer import serve  # noqa: E402 - found by the line above

serve()
