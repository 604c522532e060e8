"""Measurements of the program, as ratios to a peer or a limit that the same run measured (`make bench`)."""
