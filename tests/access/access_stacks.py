"""One stack for each kind of access, and what its pods get."""

import json
from functools import cache
from typing import Any

from components.signalling import accounts, manifests, web
from config.read import parse
from plan.evaluate import evaluate
from plan.recorder import Resource

BASE = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]',
}
TOKENS = {"appId": "school", "issuers": ["portal", "library"], "audiences": ["meetings"]}
DIRECTORY = {"servers": ["ldaps://ldap.example.org"], "base": "ou=people,dc=example,dc=org"}
CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
ACCESS: dict[str, dict[str, Any]] = {
    "none": {},
    "jwt": {"type": "jwt", "jwt": TOKENS},
    "jwt, guests ask": {"type": "jwt", "jwt": TOKENS, "guests": True},
    "jwt, claim, guests wait": {
        "type": "jwt",
        "jwt": TOKENS | {"loginUrl": "https://login.example.org/?room={room}"},
        "guests": True,
        "waitForHost": "lobby",
        "moderators": "claim",
    },
    "jwt, key server": {"type": "jwt", "jwt": TOKENS | {"keyServer": "https://keys.example.org/jitsi"}},
    "jwt, optional": {"type": "jwt", "jwt": TOKENS | {"allowEmpty": True}},
    "internal": {"type": "internal", "loginLifetime": "8h"},
    "internal, guests wait": {"type": "internal", "guests": True, "waitForHost": "lobby"},
    "ldap": {"type": "ldap", "ldap": DIRECTORY, "lobby": False},
    "ldap, guests, own authority": {
        "type": "ldap",
        "guests": True,
        "ldap": DIRECTORY | {"bindDn": "cn=jitsi,dc=example,dc=org", "ca": CA},
    },
}
"""`auth` of each stack."""


def values_of(auth: dict[str, Any]) -> dict[str, str]:
    return BASE | ({"jitsi:auth": json.dumps(auth)} if auth else {})


@cache
def resources_of(name: str) -> tuple[Resource, ...]:
    return evaluate(values_of(ACCESS[name]), "test")


def document_of(resources: tuple[Resource, ...], kind: str, name: str) -> dict[str, Any]:
    (found,) = [
        resource.properties
        for resource in resources
        if resource.properties.get("kind") == kind and resource.properties["metadata"]["name"] == name
    ]
    return found


def pods_of(name: str) -> dict[str, dict[str, Any]]:
    """The Deployments of web, prosody and jicofo, written without the rest of the program."""
    config = parse(values_of(ACCESS[name]))
    made = manifests.Signalling(
        namespace="jitsi",
        domain=config.domain,
        shard=config.resolved[0],
        images={part: part for part in ("web", "prosody", "jicofo")},
        auth=config.auth,
        web=config.web,
    )
    parts = {"web": web.web, "prosody": manifests.prosody, "jicofo": manifests.jicofo}
    return {part: make(made)[0] for part, make in parts.items()}


def environment_of(name: str, component: str = "prosody") -> dict[str, str]:
    """The plain variables of a component's pod."""
    spec = pods_of(name)[component]["spec"]["template"]["spec"]
    return {variable["name"]: variable["value"] for variable in spec["containers"][0]["env"] if "value" in variable}


def secret_variables_of(name: str, component: str) -> set[str]:
    """Variables of a component's pod whose values stay in a Secret."""
    spec = pods_of(name)[component]["spec"]["template"]["spec"]
    return {variable["name"] for variable in spec["containers"][0]["env"] if "valueFrom" in variable}


def plugins_of(name: str) -> dict[str, str]:
    """What the pod mounts into /prosody-plugins-custom."""
    return accounts.modules(parse(values_of(ACCESS[name])).auth)
