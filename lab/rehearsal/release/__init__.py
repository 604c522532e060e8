"""Another Jitsi release while people meet, on a deployed stack."""
