"""Images of a private registry: all of them, with a login, by digest."""

import base64
import json
from functools import cache
from typing import Any

import pytest
from documented import block
from sample_stacks import OWN

from components.kubernetes.pull_secret import login_file, pod_specs
from config.images import Images, RegistryLogin
from config.problems import ConfigError
from config.read import parse
from plan.evaluate import evaluate
from plan.wire import SECRET
from sizing.parts import PARTS

MIRROR = block("existing", "images.pullSecret")["jitsi:images"]
KEYS = {
    **OWN["options"],
    "jitsi:images": json.dumps(MIRROR),
    "jitsi:ingress": '{"tls": {"certManager": "install"}}',
    "jitsi:recording": '{"bucket": "my-school", "retention": "90d"}',
    "jitsi:monitoring": '{"grafana": "managed", "probe": "5m", "logs": {"to": "cockpit"}}',
    "jitsi:bridges": json.dumps(
        {"schedule": [{"days": ["mon"], "start": "08:00", "end": "12:00", "timezone": "UTC", "bridges": 4}]}
    ),
}


@cache
def made() -> list[dict[str, Any]]:
    return [resource.properties for resource in evaluate(KEYS, "test")]


def test_every_image_of_every_pod_is_the_mirrors_and_is_pulled_with_the_secret() -> None:
    specs = [spec for document in made() for spec in pod_specs(document)]
    kinds = {document.get("kind") for document in made() if any(True for _ in pod_specs(document))}
    assert {"Deployment", "StatefulSet", "CronJob"} <= kinds
    for spec in specs:
        assert spec["imagePullSecrets"] == [{"name": "registry"}]
        for container in (*spec["containers"], *spec.get("initContainers", [])):
            assert container["image"].startswith("registry.example.org/mirror/"), container["image"]


def test_no_registry_is_named_anywhere_else() -> None:
    text = json.dumps(made(), default=str)
    for host in ("docker.io", "quay.io", "ghcr.io", "registry.k8s.io"):
        assert host not in text
    (release,) = [resource for resource in made() if resource.get("chart") == "cert-manager"]
    assert (
        release["values"]["webhook"]["image"]["repository"]
        == "registry.example.org/mirror/jetstack/cert-manager-webhook"
    )
    assert release["values"]["image"]["repository"] == "registry.example.org/mirror/jetstack/cert-manager-controller"


def test_an_image_that_is_set_stays_as_written_and_the_others_move_with_their_paths() -> None:
    images = Images.model_validate({"mirror": "m.example.org", "haproxy": "own.example.org/haproxy:3.2.4"})
    assert images.haproxy == "own.example.org/haproxy:3.2.4"
    assert images.coturn == "m.example.org/coturn/coturn:4.7.0-alpine"
    assert images.jitsi("jvb", images.tag) == f"m.example.org/jitsi/jvb:{images.tag}"
    for part in PARTS:
        if part.image.name != "haproxy":
            assert part.image.of(images, images.tag).startswith("m.example.org/")


def test_a_digest_belongs_to_the_release_of_the_stack() -> None:
    images = Images.model_validate(MIRROR, by_alias=True)
    assert images.jitsi("jvb", images.tag).endswith(f":{images.tag}@{MIRROR['digests']['jvb']}")
    assert images.jitsi("jvb", "stable-11200").endswith(":stable-11200")


def test_the_stack_makes_the_login_that_its_pods_pull_with_and_no_plain_text_holds_the_password() -> None:
    login = block("existing", "images.login")["jitsi:images"]
    made = [
        resource.properties
        for resource in evaluate({**KEYS, "jitsi:images": json.dumps(login), "jitsi:ingress": "{}"}, "test")
    ]
    (secret,) = [resource for resource in made if resource.get("type") == "kubernetes.io/dockerconfigjson"]
    assert list(secret["stringData"]) == [".dockerconfigjson"]
    assert secret["stringData"][".dockerconfigjson"] == SECRET
    assert {
        entry["name"] for document in made for spec in pod_specs(document) for entry in spec["imagePullSecrets"]
    } == {secret["metadata"]["name"]}


def test_the_login_is_the_file_that_a_kubelet_reads() -> None:
    login = RegistryLogin(server="registry.example.org:5000", user="robot")
    read = json.loads(login_file(login, 'pass"word'))["auths"]["registry.example.org:5000"]
    assert base64.b64decode(read["auth"]).decode() == 'robot:pass"word'
    assert (read["username"], read["password"]) == ("robot", 'pass"word')
    hub = json.loads(login_file(RegistryLogin(server="docker.io", user="robot"), "p"))["auths"]
    assert "https://index.docker.io/v1/" in hub, "what kubelets look up for images of Docker Hub"


@pytest.mark.parametrize(
    ("images", "says"),
    [
        ({"mirror": "https://registry.example.org"}, r"images\.mirror: .*without https://"),
        ({"mirror": "registry.example.org/"}, r"images\.mirror: .*trailing slash"),
        ({"pullSecret": "my secret"}, r"images\.pullSecret: a name is lower-case"),
        ({"imagePullSecrets": "registry"}, r"images\.imagePullSecrets: unknown key"),
        ({"digests": {"haproxy": "sha256:" + "0" * 64}}, r"images\.digests"),
        ({"digests": {"jvb": "sha256:abc"}}, r"images\.digests\.jvb: a digest is sha256:"),
        ({"jvb": "registry.example.org/jvb"}, r"images\.jvb: registry\.example\.org/jvb has no tag"),
    ],
)
def test_a_wrong_key_of_a_registry_leads_to_the_right_one(images: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse({**OWN["options"], "jitsi:images": json.dumps(images)})
