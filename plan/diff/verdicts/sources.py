"""Where it is recorded or documented what Scaleway does. Names of files only; what they say is in the verdicts."""

PROVIDER = "terraform-provider-scaleway b2d45ed: internal/services"
RECORDINGS = f"{PROVIDER}/k8s/testdata"
"""Answers of the real API."""
DOCS = "scaleway/docs-content 02e3c33: pages/kubernetes"
DRAIN = "scaleway-sdk-go #3305 (max_termination_grace_period)"
CONTROLLER = "scaleway-cloud-controller-manager bddc17f: docs/loadbalancer-annotations.md"
AUTOSCALER = "kubernetes/autoscaler cluster-autoscaler-release-1.35: core/scaledown"
