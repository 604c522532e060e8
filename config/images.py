"""Container images and their versions."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from config.addresses import Image, Registry, Tag
from config.model import Label, Model, matching, nearest

JitsiImage = Literal["web", "prosody", "jicofo", "jvb", "jibri", "jigasi"]
LOGIN_SECRET = "registry-login"  # noqa: S105
"""Name of the Secret that `images.login` makes."""
Digest = Annotated[
    str,
    matching(
        re.compile(r"sha256:[0-9a-f]{64}"), "a digest is sha256: and 64 hexadecimal digits, as `docker pull` prints it"
    ),
]


class RegistryLogin(Model):
    """Login to a private registry."""

    server: Annotated[
        str,
        matching(
            re.compile(r"[a-z0-9.-]+(:\d{1,5})?"), "a registry's server is its host without a path, such as ghcr.io"
        ),
    ]
    """Its host, and port if it has one."""
    user: Annotated[
        str,
        matching(re.compile(r"[^:\s\x00-\x1f\x7f]{1,128}"), "a user's name is text without colons and spaces"),
    ]
    """Name of the user, or of a robot that may pull."""


class Images(Model):
    """Images; one Jitsi release for all shards, unless a shard pins its own (`shards[].release`)."""

    registry: Registry = "ghcr.io/jitsi"  # Docker Hub has no copies from release 11146 on
    """Registry of the Jitsi images: web, prosody, jicofo, jvb, jibri and jigasi."""
    mirror: Registry | None = None
    """Registry with copies of all images under their own paths, instead of their own registries: with registry.example.org/mirror, HAProxy
    is registry.example.org/mirror/library/haproxy:3.2.4-alpine. `registry` and images that are set stay as written."""
    pull_secret: Label | None = None
    """Name of a Secret of type kubernetes.io/dockerconfigjson that exists in the namespace, the login with which every pod pulls its
    images."""
    login: RegistryLogin | None = None
    """Login with which every pod pulls its images, in a Secret that the stack makes; the password is the secret
    `jitsi:registryPassword`. Instead of `pullSecret`."""
    digests: dict[str, Digest] = {}
    """Image of Jitsi -> digest (sha256) at `tag`; the other images take `@` and a digest after their tags."""
    tag: Tag = "stable-11146-2"
    """The Jitsi release."""
    web: Image | None = None
    """Your own image of web, instead of the release's; alike for the next five. It must start as the release's does."""
    prosody: Image | None = None
    """Your own image of prosody."""
    jicofo: Image | None = None
    """Your own image of jicofo."""
    jvb: Image | None = None
    """Your own image of the bridges."""
    jibri: Image | None = None
    """Your own image of the recorders."""
    jigasi: Image | None = None
    """Your own image of gateways and transcribers."""
    haproxy: Image = "docker.io/library/haproxy:3.2.4-alpine"
    """HAProxy at the edge."""
    coturn: Image = "docker.io/coturn/coturn:4.7.0-alpine"
    """coturn, for `turn`."""
    prometheus: Image = "quay.io/prometheus/prometheus:v3.5.0"
    """The managed Prometheus, for metrics.prometheus managed."""
    prometheus_adapter: Image = "registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0"
    """For metrics.adapter prometheus."""
    kube_metrics_adapter: Image = "ghcr.io/zalando-incubator/kube-metrics-adapter:v0.2.3"
    """For metrics.adapter kubeMetrics."""
    kube_state_metrics: Image = "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.18.0"
    """For monitoring.kubeState managed."""
    grafana: Image = "docker.io/grafana/grafana:12.1.1"
    """For monitoring.grafana managed."""
    alloy: Image = "docker.io/grafana/alloy:v1.11.0"
    """Log collector, for monitoring.logs."""
    python: Image = "docker.io/library/python:3.13.7-alpine3.22"
    """Runs the check of monitoring.probe."""
    whiteboard: Image = "docker.io/jitsi/excalidraw-backend:2026.3.0"
    """Server of the whiteboard; not part of the Jitsi releases."""
    etherpad: Image = "docker.io/etherpad/etherpad:2.0.3"
    """Etherpad, for `documents`."""

    def jitsi(self, component: str, release: str) -> str:
        """Return the image of a Jitsi component at a release, or the config's own."""
        if own := getattr(self, component):
            return own
        digest = self.digests.get(component) if release == self.tag else None
        return f"{self.registry}/{component}:{release}" + (f"@{digest}" if digest else "")

    def _hosts(self) -> set[str]:
        """Return the registries of all images, whether or not a stack runs them."""
        images = [
            value for name in type(self).model_fields if isinstance(value := getattr(self, name), str) and "/" in value
        ]
        return {image.partition("/")[0] for image in (*images, f"{self.registry}/", f"{self.mirror or self.registry}/")}

    @property
    def pulled_with(self) -> str | None:
        """Name of the Secret with which pods pull their images; None if they need none."""
        return LOGIN_SECRET if self.login else self.pull_secret

    @property
    def own(self) -> dict[str, str]:
        """Component of Jitsi -> the image of its own that the config sets."""
        return {name: image for name in get_args(JitsiImage) if (image := getattr(self, name))}

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield two logins, own images without a tag, and digests of images that are not used."""
        if self.login and self.login.server not in self._hosts():
            yield (
                "login.server",
                f"no image comes from {self.login.server}, so its login is of no use; set mirror to it, or use one of "
                f"{', '.join(sorted(self._hosts()))}",
            )
        if self.login and self.pull_secret:
            yield (
                "pullSecret",
                f"{self.pull_secret} is a Secret that exists, and login makes one; remove pullSecret or login",
            )
        for name in sorted(self.digests.keys() - set(get_args(JitsiImage))):
            yield (
                f"digests.{name}",
                f"is no image of Jitsi's release; {nearest(name, get_args(JitsiImage))}; the other images take a digest after their tags",
            )
        for name, image in self.own.items():
            if not re.search(r"[:@][^/]+$", image):
                yield (
                    name,
                    f"{image} has no tag, so each node pulls what is latest then; add one, such as {image}:2026-11-1",
                )
            if name in self.digests:
                yield (
                    f"digests.{name}",
                    f"is of the release's image, and images.{name} is used instead; remove one of them",
                )

    def model_post_init(self, context: Any, /) -> None:  # noqa: ARG002 - pydantic gives it
        """Move what is not set to the mirror, so that no image can be forgotten."""
        for name, field in type(self).model_fields.items() if self.mirror else ():
            if isinstance(field.default, str) and "/" in field.default and name not in self.model_fields_set:
                object.__setattr__(self, name, f"{self.mirror}/{field.default.partition('/')[2]}")  # frozen
