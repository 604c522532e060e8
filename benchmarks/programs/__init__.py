"""Programs that are measured beside the real one, and the one that starts each of them."""
