"""The tools that the embedded stack runs: found on PATH, taken from an official release, or built from Go modules."""
