"""Reads of the cluster's API server by the running program, for what no resource can wait for."""

import base64
import json
import ssl
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import yaml

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ClusterReader:
    """The API server of a kubeconfig with a token, over HTTPS verified by the kubeconfig's CA."""

    server: str
    authority: str
    """PEM."""
    token: str = field(repr=False)

    def items(self, path: str, **selectors: str) -> list[dict[str, Any]]:
        """Return the items of a list, such as `/api/v1/nodes`.

        Raises:
            OSError: the API server cannot be reached, or refuses.
        """
        request = urllib.request.Request(  # noqa: S310 - the server of the kubeconfig
            f"{self.server}{path}?{urlencode(selectors)}", headers={"Authorization": f"Bearer {self.token}"}
        )
        context = ssl.create_default_context(cadata=self.authority)
        with urllib.request.urlopen(request, timeout=SECONDS, context=context) as answer:  # noqa: S310
            return json.load(answer)["items"]


def cluster_reader(kubeconfig: str) -> ClusterReader:
    """Return a reader of the cluster of the kubeconfig's current context."""
    document = yaml.safe_load(kubeconfig)
    current = next(each["context"] for each in document["contexts"] if each["name"] == document["current-context"])
    cluster = next(each["cluster"] for each in document["clusters"] if each["name"] == current["cluster"])
    user = next(each["user"] for each in document["users"] if each["name"] == current["user"])
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    return ClusterReader(cluster["server"].rstrip("/"), authority, user["token"])
