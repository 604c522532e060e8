"""Kubeconfig files with server, CA and token in one document."""

from __future__ import annotations

import base64

import yaml


def render(server: str, ca: str, token: str, name: str = "jitsi-local") -> str:
    """A kubeconfig with one cluster, one user and one context, all called `name`.

    `ca` is PEM; clients verify the server against it.
    """
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": name,
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": base64.b64encode(ca.encode()).decode(),
                    },
                }
            ],
            "users": [{"name": name, "user": {"token": token}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        },
        sort_keys=False,
    )
