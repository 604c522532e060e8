"""The login to a private registry, in every pod of a component and its children."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pulumi

from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import labels
from config.images import LOGIN_SECRET, RegistryLogin

_FILE = ".dockerconfigjson"  # the key that the type demands
_DOCKER_HUB = "https://index.docker.io/v1/"  # what `docker login` writes for docker.io


def pod_specs(document: Any) -> Iterator[dict[str, Any]]:
    """Yield the specs of all pods that an object makes, wherever its kind holds them."""
    if isinstance(document, dict):
        if isinstance(document.get("containers"), list):
            yield document
        for value in document.values():
            yield from pod_specs(value)


def login_file(login: RegistryLogin, password: str) -> str:
    """Return the login as `docker login` writes it."""
    both = base64.b64encode(f"{login.user}:{password}".encode()).decode()
    entry = {"username": login.user, "password": password, "auth": both}
    servers = [login.server, *([_DOCKER_HUB] if login.server == "docker.io" else [])]
    return json.dumps({"auths": dict.fromkeys(servers, entry)}, sort_keys=True)


def login_secret(login: RegistryLogin, password: pulumi.Output[str], namespace: str, instance: str) -> Document:
    """Return the Secret of a login. Kubelets read it at each pull, so that a new password restarts nothing."""
    text = password.apply(lambda plain: login_file(login, plain))
    return manifest(
        "v1",
        "Secret",
        LOGIN_SECRET,
        namespace,
        labels(LOGIN_SECRET, instance),
        type="kubernetes.io/dockerconfigjson",
        stringData={_FILE: text},
    )


def pulling_with(secret: str) -> pulumi.ResourceTransformation:
    """Make every pod of a resource and its children pull its images with this Secret; no kind of pod can be forgotten."""

    def transformation(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        for spec in pod_specs(dict(args.props)):
            spec["imagePullSecrets"] = [{"name": secret}]
        return pulumi.ResourceTransformationResult(props=args.props, opts=args.opts)

    return transformation
