"""The part of Scaleway that works inside a Kubernetes cluster: Node objects and Services of type LoadBalancer."""
