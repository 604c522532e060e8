"""Calls of real browsers through a stack: `python -m probe call`."""
