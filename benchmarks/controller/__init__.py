"""The model of the autoscaler beside the real one: kube-controller-manager on the embedded cluster, time compressed."""
