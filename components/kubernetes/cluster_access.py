"""The Kubernetes provider of the stack's cluster."""

import pulumi
import pulumi_kubernetes
import yaml


def server_of(kubeconfig: str) -> str:
    """Server address in the kubeconfig's current context, which identifies the cluster independently of its credentials.

    Raises:
        ValueError: `kubeconfig` has no current context.
    """
    try:
        document = yaml.safe_load(kubeconfig)
        context = next(c["context"] for c in document["contexts"] if c["name"] == document["current-context"])
        return next(c["cluster"]["server"] for c in document["clusters"] if c["name"] == context["cluster"])
    except (yaml.YAMLError, TypeError, KeyError, StopIteration):
        raise ValueError(
            "jitsi:kubeconfig is no kubeconfig with a current context; "
            "run: kubectl config view --raw --minify --flatten | pulumi config set --secret jitsi:kubeconfig"
        ) from None


def cluster_provider(
    name: str,
    kubeconfig: pulumi.Output[str],
    identifier: pulumi.Input[str],
    opts: pulumi.ResourceOptions | None = None,
) -> pulumi_kubernetes.Provider:
    """Provider that identifies the cluster by `identifier`, so rotating a token replaces nothing.

    ConfigMaps and Secrets are updated in place. Pods that must restart on a change carry a hash of the content.
    """
    return pulumi_kubernetes.Provider(
        name,
        kubeconfig=kubeconfig,
        cluster_identifier=identifier,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        opts=opts,
    )
