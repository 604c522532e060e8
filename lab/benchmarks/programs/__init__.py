"""Baseline programs, and the launcher of measured commands."""
