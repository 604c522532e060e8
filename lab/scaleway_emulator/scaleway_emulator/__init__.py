"""A stand-in for Scaleway's API on loopback: it keeps state, turns pools into nodes, and refuses what Scaleway refuses."""
