"""Types of values that name something outside the stack: servers, URLs, zones, images."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from config.model import matching

LAST_PORT = 65535
_SERVER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?:(\d{1,5})")
_WEB_BASE = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[A-Za-z0-9._~%:=+,-]*)*")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")  # Kubernetes' rule for label values
_LABEL_NAME = re.compile(
    r"(?=[^/]{1,253}/|[^/]+$)([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")  # this and the following: OCI distribution specification
_HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?"
_PATH = r"[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*"
_REGISTRY = re.compile(rf"{_HOST}(/{_PATH})*")
_IMAGE = re.compile(rf"({_HOST}/)?{_PATH}(/{_PATH})*(:{_TAG.pattern})?(@sha256:[0-9a-f]{{64}})?")


def _server(text: str) -> str:
    match = _SERVER.fullmatch(text)
    if not match or not 0 < int(match[2]) <= LAST_PORT:
        raise ValueError(f"a server is host:port, without stun: or http:, such as stun.example.org:3478; got {text!r}")
    return text


Server = Annotated[
    str, AfterValidator(_server), WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z0-9.-]+:[0-9]{1,5}$"})
]
WebBase = Annotated[
    str,
    matching(
        _WEB_BASE,
        "an address begins with http:// or https:// and has no spaces, names or passwords, such as http://prometheus.monitoring.svc:9090 (a token of Prometheus: metrics.tokenSecret)",
    ),
]
LabelName = Annotated[
    str,
    matching(
        _LABEL_NAME, "a label is letters, digits, dashes, underscores and dots, such as release or example.org/team"
    ),
]
LabelValue = Annotated[
    str,
    matching(
        _LABEL_VALUE,
        "the value of a label is at most 63 letters, digits, dashes, underscores and dots, with a letter or digit at both ends",
    ),
]
Email = Annotated[str, matching(_EMAIL, "a mail address is name@host, such as ops@example.org")]
Zone = Annotated[
    str,
    matching(
        _LABEL_VALUE,
        "a zone is what the nodes' label topology.kubernetes.io/zone says, such as fr-par-1: at most 63 letters, digits, dashes, "
        "underscores and dots, with a letter or digit at both ends",
    ),
]
Tag = Annotated[
    str,
    matching(
        _TAG,
        "a release is the tag of an image, such as stable-11146-2: at most 128 letters, digits, dots, dashes and underscores "
        "(write its digest in images.digests)",
    ),
]
_TENANT = re.compile(r"[A-Za-z0-9_.!*'()-]+")
Tenant = Annotated[
    str,
    matching(_TENANT, "a tenant is letters, digits and any of _.!*'()-, such as school"),
    Field(min_length=1, max_length=150, json_schema_extra={"pattern": f"^{_TENANT.pattern}$"}),
]
"""Tenant of Loki, Mimir or Cortex, as X-Scope-OrgID may hold it."""
Registry = Annotated[
    str,
    matching(
        _REGISTRY,
        "a registry is a host with a path, without https:// and a trailing slash, such as ghcr.io/jitsi",
    ),
]
Image = Annotated[str, matching(_IMAGE, "an image is host/path:tag, such as docker.io/library/haproxy:3.2.4-alpine")]
