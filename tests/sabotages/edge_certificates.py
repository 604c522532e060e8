"""Sabotages of certificates, DNS and what HAProxy exposes or trusts."""

from collections.abc import Callable
from typing import Any

from sabotages import Patch, Sabotage, container, pods
from sabotages.edge import CONFIG, HAPROXY, below, line, variable

TURN_CERTIFICATE = "jitsi-edge-certificate-turn.meet.example.org"


def issued(patch: Callable[[list[dict[str, Any]]], object]) -> Patch:
    """A patch of the sources of HAProxy's certificates."""
    return lambda p: patch(
        next(each for each in pods(p)["volumes"] if each["name"] == "issued")["projected"]["sources"]
    )


SABOTAGES: list[Sabotage] = [
    *(
        Sabotage(
            "TURN has a certificate of its own, which HAProxy loads.",
            TURN_CERTIFICATE,
            patch,
            "edge-certificate-differs",
            says,
            "turn",
        )
        for patch, says in (
            (None, "no Certificate for turn."),
            (lambda p: p["spec"]["dnsNames"].pop(), "no Certificate for turn."),
            (lambda p: p["spec"].update(secretName="haproxy-tls"), "shares the Secret haproxy-tls"),
            (lambda p: p["spec"].update(secretName="turn-tls"), "not haproxy-tls, turn-tls"),
        )
    ),
    Sabotage(
        "A name that cannot be proved keeps no other from its certificate.",
        "jitsi-edge-certificate",
        lambda p: p["spec"]["dnsNames"].append("turn.meet.example.org"),
        "edge-certificate-differs",
        "keeps the others without",
        "turn",
    ),
    *(
        Sabotage("HAProxy loads every certificate.", HAPROXY, issued(patch), "edge-certificate-differs", says, "turn")
        for patch, says in (
            (lambda sources: sources.pop(), "first, not haproxy-tls, haproxy-tls-turn."),
            (lambda sources: sources[1]["secret"].pop("optional"), "is not optional"),
            (lambda sources: sources[1]["secret"].pop("items"), "also ca.crt"),
            (lambda sources: sources[1]["secret"]["items"].pop(), "needs a key for each file"),
            (lambda sources: sources[1]["secret"]["items"][1].update(path="other.key"), "needs a key for each file"),
            (lambda sources: sources[1]["secret"].update(items=sources[0]["secret"]["items"]), "one stays unseen"),
        )
    ),
    Sabotage(
        "The certificate is for the domain.",
        "jitsi-edge-certificate",
        lambda p: p["spec"].update(dnsNames=["meet.example.com"]),
        "edge-certificate-differs",
        stack="recorded",
    ),
    Sabotage(
        "HAProxy loads what is issued.",
        "jitsi-edge-certificate",
        lambda p: p["spec"].update(secretName="haproxy"),
        "edge-certificate-differs",
        stack="turn",
    ),
    Sabotage(
        "Somebody issues.",
        "jitsi-edge-certificate",
        lambda p: p["spec"]["issuerRef"].update(name="other"),
        "edge-certificate-differs",
        stack="turn",
    ),
    Sabotage("Somebody issues.", "jitsi-edge-certificate", None, "edge-certificate-differs", stack="prod-fr-par"),
    Sabotage(
        "Browsers trust the issuer.",
        "jitsi-edge-issuer",
        lambda p: p["spec"]["acme"].update(server="https://acme-staging-v02.api.letsencrypt.org/directory"),
        "edge-certificate-differs",
        stack="prod-fr-par",
    ),
    Sabotage("Challenges are answered.", "jitsi-edge-acme-solver", None, "edge-certificate-differs", stack="turn"),
    Sabotage(
        "Challenges are answered.",
        "jitsi-edge-acme-solver-1",
        lambda p: p["spec"]["selector"].update({"acme.cert-manager.io/http-domain": "1"}),
        "edge-certificate-differs",
        stack="turn",
    ),
    Sabotage(
        "HAProxy loads what is issued.",
        HAPROXY,
        lambda p: pods(p)["volumes"][3]["secret"].update(secretName="haproxy-fallback"),
        "edge-certificate-differs",
    ),
    Sabotage(
        "HAProxy loads what is issued.",
        CONFIG,
        line("crt /tls/issued/ crt /tls/fallback/", "crt /tls/fallback/ crt /tls/issued/"),
        "edge-certificate-differs",
    ),
    Sabotage(
        "TURN has its name.",
        CONFIG,
        line("req.ssl_sni -i turn.", "req.ssl_sni -i relay."),
        "edge-certificate-differs",
        stack="turn",
    ),
    Sabotage(
        "People with UDP are not relayed.",
        CONFIG,
        line("tcp-request content accept if WAIT_END"),
        "relay-without-head-start",
        "no head start",
        "turn",
    ),
    Sabotage(
        "People without UDP do not wait for nothing.",
        CONFIG,
        line("inspect-delay 300ms", "inspect-delay 30s"),
        "relay-without-head-start",
        "waits 30.0 s",
        "turn",
    ),
    Sabotage(
        "TURN has its name.",
        "s0-prosody",
        variable("TURNS_HOST", "turn.example.org"),
        "edge-certificate-differs",
        stack="turn",
    ),
    Sabotage(
        "The admin socket is private.",
        CONFIG,
        line("mode 600 level admin", "mode 666 level admin"),
        "edge-internals-exposed",
    ),
    Sabotage(
        "The admin socket is private.",
        CONFIG,
        line("stats socket /run/haproxy/admin.sock", "stats socket ipv4@:9999"),
        "edge-internals-exposed",
    ),
    Sabotage(
        "The shards' state is private.", CONFIG, line("bind 127.0.0.1:8405", "bind :8405"), "edge-internals-exposed"
    ),
    Sabotage("Statistics are private.", CONFIG, below("frontend stats", "stats enable"), "edge-internals-exposed"),
    Sabotage("Listeners are planned.", CONFIG, below("frontend stats", "bind :9000"), "edge-internals-exposed", "9000"),
    Sabotage(
        "HAProxy has no remote control.",
        HAPROXY,
        lambda p: container(p)["args"].extend(["-S", "0.0.0.0:999"]),
        "edge-internals-exposed",
    ),
    Sabotage(
        "Prosody trusts HAProxy only.",
        "s0-prosody",
        variable("PROSODY_TRUSTED_PROXIES", "0.0.0.0/0"),
        "edge-backend-trusts-clients",
    ),
    Sabotage(
        "Prosody trusts HAProxy.",
        "s1-prosody",
        variable("PROSODY_TRUSTED_PROXIES", "127.0.0.1"),
        "edge-backend-trusts-clients",
    ),
    Sabotage(
        "Pages know their address.", "s0-web", variable("PUBLIC_URL", "http://meet.example.org"), "edge-page-differs"
    ),
    Sabotage(
        "Pages use their shard.",
        "s1-web",
        variable("XMPP_BOSH_URL_BASE", "http://prosody-s0.jitsi.svc.cluster.local:5280"),
        "edge-page-differs",
    ),
    Sabotage("HAProxy ends TLS.", "s0-web", variable("ENABLE_HTTP_REDIRECT", "1"), "edge-page-differs"),
    Sabotage("The domain is in DNS.", "scaleway-address-record", None, "edge-record-differs"),
    Sabotage("The domain is in DNS.", "scaleway-address-record", lambda p: p.update(name="www"), "edge-record-differs"),
    Sabotage(
        "TURN is in DNS.",
        "scaleway-address-turn-record",
        lambda p: p.update(data="203.0.113.9"),
        "edge-record-differs",
        stack="turn",
    ),
    *(
        Sabotage(
            "The certificate has a strong key of its own.",
            "jitsi-edge-certificate",
            patch,
            "edge-certificate-differs",
            says,
            "turn",
        )
        for patch, says in (
            (lambda p: p["spec"]["privateKey"].update(algorithm="RSA"), "a RSA key of 256 bits"),
            (lambda p: p["spec"]["privateKey"].pop("rotationPolicy"), "keeps its key"),
        )
    ),
    Sabotage(
        "Let's Encrypt warns the operator.",
        "jitsi-edge-issuer",
        lambda p: p["spec"]["acme"].pop("email"),
        "edge-certificate-differs",
        "tls.email",
        "turn",
    ),
    Sabotage(
        "HAProxy loads certificate and key.",
        "jitsi-edge-haproxy",
        lambda p: next(each["secret"] for each in pods(p)["volumes"] if each["name"] == "issued")["items"][0].update(
            key="ca.crt"
        ),
        "edge-certificate-differs",
        "needs a key for each file",
    ),
    Sabotage(
        "Challenges reach the solver.",
        "jitsi-edge-acme-solver",
        lambda p: p["spec"]["ports"][0].update(protocol="UDP"),
        "edge-certificate-differs",
        "has no port TCP",
        "turn",
    ),
]
