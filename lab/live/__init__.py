"""The rendered pods with Jitsi's own programs in the place of played ones, and a suite of calls."""
