"""Rules about texts that look like a secret and stand in plain objects."""

import re
from collections.abc import Iterator
from typing import Any

from config.passwords import PASSWORD_BYTES
from plan.diff.paths import mapping, mappings, texts, written
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.secret_references import containers, keys_of
from plan.tokens import STACK_TYPE, is_kubernetes_object, is_scaleway_resource
from plan.wire import SECRET, UNKNOWN

_HEX = PASSWORD_BYTES * 2  # digits of a password; the seed and keys have twice as many
_DIGITS = re.compile(r"[0-9a-f]{32,}")
_URL = re.compile(r"://[^/\s:@\"]+:[^/\s@\"$]+@")
_HEADER = re.compile(r"authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic)\s+[a-z0-9._~+/=-]{8,}")
_KEY = re.compile(
    r"(?<![a-z])(?:password|passwd|secret|token|secret[_-]?key|api[_-]?key|credentials?)[\"']?\s*[:=]\s*[\"']?"
    r"(?=[\w+/.=-]*\d)[a-z0-9+/_.=-]{12,}"
)
_WORDS = ("passw", "secret", "token", "key", "credential")
_OUTPUTS = ("kubeconfigs", "secretKey", "accessKey", "kubeconfig")
"""Properties that Scaleway adds, which its provider keeps secret."""
_NAME = re.compile(
    r"(?:^|_)(?:PASS(?:WORD|WD|PHRASE)?|SECRET(?:_KEY)?|TOKEN|CREDENTIALS?|(?:PRIVATE|API|ACCESS)_?KEY(?:_ID)?|SALT|SEED)$"
)


@rule("secret-as-plain-text", "error")
def secret_as_plain_text(stack: Resources) -> Iterator[Hit]:
    """A password, key or token stands in a command, annotation, ConfigMap or another plain property."""
    for resource in stack.resources:
        if (
            resource.type != STACK_TYPE
            and not is_kubernetes_object(resource.type)
            and not is_scaleway_resource(resource.type)
        ):
            continue
        if resource.type.endswith(":Secret"):
            continue
        for path, text in _plain(resource):
            if what := _shape(text):
                yield _hit(f"{resource.name}.{written(path)}", f"contains {what} in plain text")
    names = {key for secret in stack.of("Secret") for key in keys_of(secret)}
    for resource in stack.of("ConfigMap"):
        for key in sorted(
            names.intersection({**mapping(resource.properties, "data"), **mapping(resource.properties, "binaryData")})
        ):
            yield _hit(f"{resource.name}.data", f"has {key}, which is a key of a Secret")


@rule("secret-variable-plain", "error")
def secret_variable_plain(stack: Resources) -> Iterator[Hit]:
    """A variable that a Secret holds, or that is named like a secret, has its value in the pod spec."""
    names = {key for secret in stack.of("Secret") for key in keys_of(secret)}
    for workload, spec in stack.workloads:
        for path, box in containers(spec):
            for entry in mappings(box, "env"):
                name, value = str(entry.get("name")), entry.get("value")
                if (name in names or _NAME.search(name)) and value not in (None, "", SECRET, UNKNOWN):
                    yield _hit(
                        f"{workload.name}.spec.template.spec.{path}.env", f"{name} has its value in the pod spec"
                    )
                if mapping(entry, "valueFrom", "configMapKeyRef") and (name in names or _NAME.search(name)):
                    yield _hit(f"{workload.name}.spec.template.spec.{path}.env", f"{name} comes from a ConfigMap")
            words = " ".join([*texts(box, "command"), *texts(box, "args")])
            if used := sorted(
                {word for word in re.findall(r"\$\((\w+)\)", words) if word in names or _NAME.search(word)}
            ):
                yield _hit(
                    f"{workload.name}.spec.template.spec.{path}.args",
                    f"{', '.join(used)} becomes an argument, which every process in the pod reads",
                )


def _shape(text: str) -> str:
    """What secret a text contains, by its form; empty if none."""
    lower = text.lower()
    if any(_is_password(text, digits.start(), digits.end()) for digits in _DIGITS.finditer(text)):
        return "a password of this stack's form"
    if "@" in text and _URL.search(text):
        return "a URL with a password"
    if "authorization" in lower and _HEADER.search(lower):
        return "a credential of HTTP"
    return "a secret key" if any(word in lower for word in _WORDS) and _KEY.search(lower) else ""


def _is_password(text: str, start: int, end: int) -> bool:
    """Whether hexadecimal digits stand alone; those of an image's digest follow a colon."""
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    return end - start in (_HEX, 2 * _HEX) and not re.search(r"[\w:/+-]", around)


def _hit(where: str, fault: str) -> Hit:
    return Hit(
        where, f"{fault}: anyone who can read the object, or the state, has it", "move it to a Secret and refer to it"
    )


def _plain(resource: Resource) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Texts of a resource with their places, without what its provider keeps secret."""
    outputs = () if is_kubernetes_object(resource.type) else _OUTPUTS
    waiting: list[tuple[tuple[str | int, ...], Any]] = [
        ((), {k: v for k, v in resource.properties.items() if k not in outputs})
    ]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*path, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, number), item) for number, item in enumerate(value)]
        elif isinstance(value, str) and len(value) >= SHORTEST:
            yield path, value


SHORTEST = 12
"""Shorter texts hold no secret that matters."""
