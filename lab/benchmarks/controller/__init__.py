"""Comparison of the autoscaler's model with kube-controller-manager on the embedded cluster, in compressed time."""
