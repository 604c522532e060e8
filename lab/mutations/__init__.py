"""Small faults in the code, each of which a fast test must find."""
