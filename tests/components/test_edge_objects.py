"""The edge's objects: certificates whose Secrets never meet, solvers that answer, a balancer that sees a pod leave."""

import json
import ssl
import zlib
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sample_stacks import OWN

from components.ingress.manifests import EdgePods
from components.self_signed import self_signed
from plan.evaluate import evaluate
from plan.recorder import Resource


@cache
def _edge(ingress: str) -> dict[str, Resource]:
    made = evaluate({**OWN["turn"], "jitsi:ingress": ingress}, "test")
    return {resource.name: resource for resource in made if "edge" in resource.name or "kapsule" in resource.name}


def edge(**ingress: Any) -> dict[str, Resource]:
    return _edge(json.dumps(ingress or {"tls": {"mode": "selfSigned"}}))


def served_secrets(made: dict[str, Resource]) -> dict[str, Any]:
    """Name of each Secret with certificates for browsers -> its source."""
    (volume,) = [
        each
        for each in made["jitsi-edge-haproxy"].properties["spec"]["template"]["spec"]["volumes"]
        if each["name"] == "issued"
    ]
    if "projected" in volume:
        return {each["secret"]["name"]: each["secret"] for each in volume["projected"]["sources"]}
    return {volume["secret"]["secretName"]: volume["secret"]}


def certificates(made: dict[str, Resource]) -> list[dict[str, Any]]:
    """Specs, by logical name."""
    return [made[name].properties["spec"] for name in sorted(made) if name.startswith("jitsi-edge-certificate")]


def test_each_host_has_a_certificate_and_the_solver_that_answers_for_it() -> None:
    made = edge(tls={"email": "it@example.org"})
    names = [certificate["dnsNames"] for certificate in certificates(made)]
    assert names == [["meet.example.org"], ["turn.meet.example.org"]]
    hosts = [name for (name,) in names]
    solvers = [one.properties for name, one in made.items() if name.startswith("jitsi-edge-acme-solver")]
    asked = [each["spec"]["selector"]["acme.cert-manager.io/http-domain"] for each in solvers]
    assert asked == [str(zlib.adler32(host.encode())) for host in hosts]
    text = made["jitsi-edge-config"].properties["data"]["haproxy.cfg"]
    for host, solver in zip(hosts, solvers, strict=True):
        assert f"use_backend acme-{host} if acme !{{ ssl_fc }} {{ req.hdr(host),field(1,:) -i {host} }}" in text
        assert f"backend acme-{host}\n    server solver {solver['metadata']['name']}." in text


def test_another_issuer_makes_cert_manager_order_anew() -> None:
    """It never does for an issuer that has changed."""
    staging, real = (edge(tls={"staging": staging}) for staging in (True, False))
    for made in (staging, real):
        issuer, certificate = made["jitsi-edge-issuer"].properties, made["jitsi-edge-certificate"].properties
        assert certificate["spec"]["issuerRef"]["name"] == issuer["metadata"]["name"]
        assert issuer["spec"]["acme"]["privateKeySecretRef"]["name"] == f"{issuer['metadata']['name']}-account"
    names = [made["jitsi-edge-issuer"].properties["metadata"]["name"] for made in (staging, real)]
    assert names == ["letsencrypt-staging", "letsencrypt"]


def test_a_certificate_of_our_own_has_another_secret_than_cert_managers_which_stays() -> None:
    ours, theirs = edge(), edge(tls={"mode": "letsEncrypt"})
    made = {our.properties["metadata"]["name"] for our in ours.values() if our.type == "kubernetes:core/v1:Secret"}
    assert served_secrets(ours).keys() <= made
    issued = {certificate["secretName"] for certificate in certificates(theirs)}
    assert served_secrets(theirs).keys() == issued
    assert not issued & made


def test_the_domains_certificate_keeps_name_and_secret_and_changes_after_haproxy_loads_all() -> None:
    """An update from 0.1.0, where it had all names, leaves no name without a certificate."""
    certificate = edge(tls={"mode": "letsEncrypt"})["jitsi-edge-certificate"]
    assert certificate.properties["metadata"]["name"] == "haproxy"
    assert certificate.properties["spec"]["secretName"] == "haproxy-tls"
    assert any(urn.endswith("::jitsi-edge-haproxy") for urn in certificate.dependencies)


@pytest.mark.parametrize("tls", [{"mode": "selfSigned"}, {"mode": "secret", "secretName": "own"}, {}])
def test_haproxy_sees_of_a_certificates_secret_what_it_can_read(tls: dict[str, str]) -> None:
    """A `ca.crt` beside the two, as private authorities put there, would keep it from starting."""
    files = [[item["path"] for item in source["items"]] for source in served_secrets(edge(tls=tls)).values()]
    assert files[0] == ["tls.crt", "tls.key"], "the domain's are the first, which also those get who name no host"
    assert sorted(files) == files
    assert all(key == certificate.replace(".crt", ".key") for certificate, key in files)


def test_the_load_balancer_asks_the_node_whether_its_haproxy_stays() -> None:
    service = edge()["jitsi-edge-service"].properties
    asked = {
        key.removeprefix("service.beta.kubernetes.io/scw-loadbalancer-"): value
        for key, value in service["metadata"]["annotations"].items()
    }
    assert asked["health-check-from-service"] == "true"
    assert int(asked["redispatch-attempt-count"]) >= 1
    assert service["spec"]["externalTrafficPolicy"] == "Local"


def test_the_engine_waits_for_haproxies_that_leave_one_after_another() -> None:
    few, many = (edge(replicas=count, tls={"mode": "selfSigned"})["jitsi-edge-haproxy"] for count in (2, 8))
    grace = many.properties["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert few.timeouts["update"] >= 2 * grace
    assert many.timeouts["update"] - few.timeouts["update"] >= 6 * grace


def test_the_engine_waits_for_every_node_of_an_upgrade_with_calls_on_it() -> None:
    made = edge()
    (cluster,) = [resource for resource in made.values() if resource.type == "scaleway:kubernetes/cluster:Cluster"]
    assert cluster.timeouts["update"] >= 15 * 60 * 10


def test_a_tls_secret_holds_a_certificate_and_the_key_that_fits_it(tmp_path: Path) -> None:
    pair = self_signed("0" * 64, "meet.example.org", {})
    pods: Any = SimpleNamespace(namespace="video", labels={})
    for file, text in EdgePods.tls_secret(pods, "any", pair.certificate, pair.key)["stringData"].items():
        (tmp_path / file).write_text(text)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
