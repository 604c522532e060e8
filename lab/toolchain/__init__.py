"""The tools of the embedded stack: from PATH, from an official release, or built from Go modules."""
