"""The Kubernetes provider of the stack's cluster."""

import pulumi
import pulumi_kubernetes
import yaml


def server_of(kubeconfig: str) -> str:
    """Address of the cluster that the kubeconfig's current context names: who the cluster is, whatever its tokens.

    Raises:
        ValueError: the text is no kubeconfig with a current context.
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
    """A provider that compares clusters by `identifier`: a rotated token replaces nothing.

    ConfigMaps and Secrets change in place; what must restart for it carries a mark of the content.
    """
    return pulumi_kubernetes.Provider(
        name,
        kubeconfig=kubeconfig,
        cluster_identifier=identifier,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        opts=opts,
    )
