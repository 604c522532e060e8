"""Reads of the cluster's API server by the running program, for what no resource can wait for."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

import yaml

SECONDS = 20.0


class UnreachableError(OSError):
    """The API server answers, and cannot reach the pod."""


@dataclass(frozen=True, slots=True)
class ClusterReader:
    """The API server of a kubeconfig with a token, over HTTPS verified by the kubeconfig's CA, if it has one."""

    server: str
    authority: str
    """PEM; empty for the authorities that the machine trusts."""
    token: str = field(repr=False)
    seconds: float = SECONDS
    """For each answer."""

    def get(self, path: str, **selectors: str) -> dict[str, Any]:
        """Return the object at a path.

        Raises:
            OSError: the API server cannot be reached, or refuses (`urllib.error.HTTPError`).
        """
        return json.loads(self._answer(path, selectors))

    def items(self, path: str, **selectors: str) -> list[dict[str, Any]]:
        """Return the items of a list, such as `/api/v1/nodes`.

        Raises:
            OSError: the API server cannot be reached, or refuses.
        """
        return self.get(path, **selectors)["items"]

    def from_pod(self, namespace: str, pod: str, port: int, path: str) -> tuple[int, str]:
        """Return status and text of a pod's HTTP answer, which the API server passes on.

        Raises:
            UnreachableError: the API server cannot reach the pod, as where a network policy lets pods only.
            OSError: the API server cannot be reached.
        """
        try:
            # Jitsi's programs answer metrics as JSON to whoever asks for that first (MetricsContainer.kt).
            return 200, self._answer(
                f"/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy{path}", {}, "text/plain, */*"
            )
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            if '"kind":"Status"' in text:
                raise UnreachableError(text) from error
            return error.code, text
        except TimeoutError as error:
            raise UnreachableError(str(error)) from error

    def _answer(self, path: str, selectors: dict[str, str], accept: str = "application/json") -> str:
        request = urllib.request.Request(  # noqa: S310 - the server of the kubeconfig
            f"{self.server}{path}{'?' if selectors else ''}{urlencode(selectors)}",
            headers={"Authorization": f"Bearer {self.token}", "Accept": accept},
        )
        context = ssl.create_default_context(cadata=self.authority or None)
        try:
            with urllib.request.urlopen(request, timeout=self.seconds, context=context) as answer:  # noqa: S310
                return answer.read().decode()
        except HTTPException as error:
            raise OSError(f"the answer broke off: {error!r}") from error


def cluster_reader(kubeconfig: str) -> ClusterReader:
    """Return a reader of the cluster of the kubeconfig's current context."""
    document = yaml.safe_load(kubeconfig)
    current = next(each["context"] for each in document["contexts"] if each["name"] == document["current-context"])
    cluster = next(each["cluster"] for each in document["clusters"] if each["name"] == current["cluster"])
    user = next(each["user"] for each in document["users"] if each["name"] == current["user"])
    authority = base64.b64decode(cluster.get("certificate-authority-data", "")).decode()
    return ClusterReader(cluster["server"].rstrip("/"), authority, user["token"])
