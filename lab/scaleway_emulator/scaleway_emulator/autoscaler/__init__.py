"""Kapsule's hosted cluster-autoscaler."""
