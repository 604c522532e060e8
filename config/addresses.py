"""Values that name places outside of the stack: servers, addresses, zones, images."""

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

LAST_PORT = 65535
_SERVER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?:(\d{1,5})")
_WEB_BASE = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[A-Za-z0-9._~%:=+,-]*)*")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")  # Kubernetes' rule for values of labels
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")  # of the OCI distribution specification, as what follows
_HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?"
_PATH = r"[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*"
_REGISTRY = re.compile(rf"{_HOST}(/{_PATH})*")
_IMAGE = re.compile(rf"({_HOST}/)?{_PATH}(/{_PATH})*(:{_TAG.pattern})?(@sha256:[0-9a-f]{{64}})?")


def _server(text: str) -> str:
    match = _SERVER.fullmatch(text)
    if not match or not 0 < int(match[2]) <= LAST_PORT:
        raise ValueError(f"a server is host:port, without stun: or http:, such as stun.example.org:3478; got {text!r}")
    return text


def _web_base(text: str) -> str:
    if not _WEB_BASE.fullmatch(text):
        raise ValueError(
            f"an address begins with http:// or https:// and has no spaces, names or passwords, such as "
            f"http://prometheus.monitoring.svc:9090; got {text!r}"
        )
    return text


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError(f"a mail address is name@host, such as ops@example.org; got {text!r}")
    return text


def _zone(text: str) -> str:
    if not _LABEL_VALUE.fullmatch(text):
        raise ValueError(
            "a zone is what the nodes' label topology.kubernetes.io/zone says, such as fr-par-1: at most 63 letters, digits, dashes, "
            f"underscores and dots, with a letter or digit at both ends; got {text!r}"
        )
    return text


def _tag(text: str) -> str:
    if not _TAG.fullmatch(text):
        raise ValueError(
            "a release is the tag of an image, such as stable-11146-2: at most 128 letters, digits, dots, dashes and underscores; "
            f"got {text!r}"
        )
    return text


def _registry(text: str) -> str:
    if not _REGISTRY.fullmatch(text):
        raise ValueError(
            f"a registry is a host with a path, without https:// and without a slash at its end, such as ghcr.io/jitsi; got {text!r}"
        )
    return text


def _image(text: str) -> str:
    if not _IMAGE.fullmatch(text):
        raise ValueError(f"an image is host/path:tag, such as docker.io/library/haproxy:3.2.4-alpine; got {text!r}")
    return text


Server = Annotated[
    str, AfterValidator(_server), WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z0-9.-]+:[0-9]{1,5}$"})
]
WebBase = Annotated[str, AfterValidator(_web_base)]
Email = Annotated[str, AfterValidator(_email)]
Zone = Annotated[str, AfterValidator(_zone)]
Tag = Annotated[str, AfterValidator(_tag)]
Registry = Annotated[str, AfterValidator(_registry)]
Image = Annotated[str, AfterValidator(_image)]
