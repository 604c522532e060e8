"""An existing cluster: no cloud resources are created."""

import pulumi

from components.kubernetes.cluster_access import cluster_provider, server_of
from components.place.place import BucketKeys, LogStore, Place
from config.load import Secrets
from config.stack import StackConfig


def existing(config: StackConfig, secrets: Secrets, stack: str) -> Place:  # noqa: ARG001 - every place takes the stack
    """The cluster that the secret `jitsi:kubeconfig` names.

    Raises:
        ValueError: the stack has no kubeconfig.
    """
    if secrets.kubeconfig is None:
        raise ValueError("a stack with cluster.kind: existing needs the secret jitsi:kubeconfig")
    identity = pulumi.Output.unsecret(secrets.kubeconfig.apply(server_of))
    return Place(
        provider=cluster_provider("cluster", secrets.kubeconfig, identity),
        own_pools=False,
        proxy_protocol=config.ingress.proxy_protocol,
        bucket_keys=own_bucket(secrets),
        log_store=own_log_store(config, secrets),
    )


def own_bucket(secrets: Secrets) -> BucketKeys | None:
    """Keys of a bucket that is not this stack's. None if the config has none."""
    access, secret = secrets.recording_access_key, secrets.recording_secret_key
    return BucketKeys(access_key=access, secret_key=secret) if access is not None and secret is not None else None


def own_log_store(config: StackConfig, secrets: Secrets) -> LogStore | None:
    """The Loki of the config. None without one."""
    url = config.monitoring.logs.url
    return None if url is None else LogStore(url=url, password=secrets.loki_password)
