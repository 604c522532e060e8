"""Benchmarks of the program, as ratios to a baseline or a limit of the same run (`make bench`)."""
