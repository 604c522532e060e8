"""Texts that name something outside of the stack: what cannot work is refused before anything is made of it."""

import pytest

from config.problems import ConfigError
from config.read import engine_values, parse


def stack(**keys):
    base = {"scaleway:region": "fr-par", "domain": "meet.example.org", "shards": [{"name": "s0", "zone": "fr-par-1"}]}
    return parse(engine_values({key: value for key, value in (base | keys).items() if value is not None}))


def problem_of(**keys):
    with pytest.raises(ConfigError) as caught:
        stack(**keys)
    (problem,) = caught.value.problems
    return str(problem)


def existing(**keys):
    return {"scaleway:region": None, "cluster": {"kind": "existing"}, **keys}


def prometheus(url):
    return {"metrics": {"prometheus": "existing", "url": url}}


def stun(*servers):
    return {"bridges": {"publicAddress": "stun", "stunServers": list(servers)}}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"images": {"tag": "a b:c"}}, "images.tag: a release is the tag of an image, such as stable-11146-2"),
        ({"images": {"tag": ""}}, "images.tag: a release is the tag of an image"),
        ({"images": {"registry": ""}}, "images.registry: a registry is a host with a path"),
        ({"images": {"registry": "https://ghcr.io/jitsi/"}}, "images.registry: a registry is a host with a path"),
        ({"images": {"haproxy": "haproxy 3.2"}}, "images.haproxy: an image is host/path:tag"),
        ({"shards": [{"name": "s0", "zone": "fr-par-1", "release": ""}]}, "shards[0].release: a release is the tag"),
        ({"shards": [{"name": "s0", "zone": "fr-par-1", "release": "stable 1/2"}]}, "got 'stable 1/2'"),
        (
            existing(shards=[{"name": "s0", "zone": "zone one!/x"}]),
            "shards[0].zone: a zone is what the nodes' label topology.kubernetes.io/zone says",
        ),
        (stun("stun:foo"), "bridges.stunServers[0]: a server is host:port, without stun: or http:"),
        (stun("a.example.org:3478", "http://x y"), "bridges.stunServers[1]: a server is host:port"),
        (stun(""), "bridges.stunServers[0]: a server is host:port"),
        (stun("a.example.org:70000"), "got 'a.example.org:70000'"),
        ({"meetings": {"stunServers": ["stun:a:1"]}}, "meetings.stunServers[0]: a server is host:port"),
        (prometheus("localhost 90 90"), "metrics.url: an address begins with http:// or https://"),
        (prometheus("http://me:word@prometheus"), "has no spaces, names or passwords"),
        ({"ingress": {"tls": {"email": "not an email"}}}, "ingress.tls.email: a mail address is name@host"),
        ({"cluster": {"privateNetwork": "8.8.0.0/16"}}, "8.8.0.0/16 is no private range"),
        (
            {"cluster": {"privateNetwork": "224.0.0.0/16"}},
            "use a part of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918)",
        ),
        ({"cluster": {"privateNetwork": "172.0.0.0/8"}}, "172.0.0.0/8 is no private range"),
        ({"cluster": {"privateNetwork": "fd00::/20"}}, "(IPv4)"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place_and_an_example(keys, expected):
    assert expected in problem_of(**keys)


@pytest.mark.parametrize(
    "keys",
    [
        {"images": {"registry": "registry.example.org:5000/mirror/jitsi", "tag": "stable-11146"}},
        {"images": {"registry": "localhost:5000", "haproxy": "haproxy:3.2"}},
        {"images": {"haproxy": f"mirror.example.org/library/haproxy:3.2@sha256:{'ab' * 32}"}},
        {"images": {"grafana": f"grafana/grafana@sha256:{'ab' * 32}"}},
        existing(shards=[{"name": "s0", "zone": "Zone_1.a"}]),
        stun("192.0.2.1:3478", "meet-jit-si-turnrelay.jitsi.net:443"),
        prometheus("https://thanos.example.org/tenants/school/prometheus"),
        prometheus("http://[fd00::1]:9090"),
        prometheus("http://127.0.0.1"),
        {"ingress": {"tls": {"email": "ops+tls@schule.example.org"}}},
        {"cluster": {"privateNetwork": "10.64.0.0/16"}},
        {"cluster": {"privateNetwork": "192.168.0.0/22"}},
    ],
)
def test_what_works_is_taken_as_it_is(keys):
    assert stack(**keys)
