"""A real Kubernetes control plane on loopback, with kwok playing nodes and kubelets."""
