"""The table of parts and what the program makes are the same: pods, sizes, ports, peers and images."""

from pathlib import PurePosixPath
from typing import Any, get_args

import pytest
from parts_page import PAGE, page
from sample_stacks import FILES, NAMES, OWN, kubernetes_objects, pod_templates

from config.environment import Component
from config.images import Images, JitsiImage
from config.read import parse, stack_file
from config.stack import StackConfig
from plan.resources.made import requests_of
from sizing import part as records
from sizing.part import ANY_POD, ANYWHERE, API_SERVER, METRICS_READER, UNPOLICED, Part
from sizing.parts import NAMED, PARTS

NAME, INSTANCE = "app.kubernetes.io/name", "app.kubernetes.io/instance"
every_stack = pytest.mark.parametrize("stack", NAMES)


def config_of(stack: str) -> StackConfig:
    return parse(OWN[stack] if stack in OWN else stack_file(FILES[stack]))


def made(stack: str) -> list[tuple[Part, str, dict[str, Any]]]:
    """Part, instance and pod spec of every workload."""
    found = []
    for owner, template in pod_templates(stack):
        labels = template["metadata"]["labels"]
        assert labels[NAME] in NAMED, f"{owner} has no record in sizing/parts.py"
        found.append((NAMED[labels[NAME]], labels[INSTANCE], template))
    return found


def main_container(part: Part, template: dict[str, Any]) -> dict[str, Any]:
    (container,) = [each for each in template["spec"]["containers"] if each["name"] == part.main]
    return container


@every_stack
def test_the_pods_of_a_stack_are_the_parts_that_its_config_runs(stack: str) -> None:
    config = config_of(stack)
    assert {part.name for part, _, _ in made(stack)} == {part.name for part in PARTS if part.runs(config)}


def test_every_part_of_the_table_runs_in_some_stack() -> None:
    assert {part.name for stack in NAMES for part, _, _ in made(stack)} == set(NAMED)
    assert len(NAMED) == len(PARTS)


@every_stack
def test_every_pod_asks_for_what_the_table_says(stack: str) -> None:
    config = config_of(stack)
    for part, _, template in made(stack):
        assert requests_of(template["spec"]) in set(part.requests(config)), part.name
        always = [
            container
            for container in template["spec"].get("initContainers", [])
            if container.get("restartPolicy") == "Always"
        ]
        sidecars = {each["name"] for each in [*template["spec"]["containers"], *always]} - {part.main}
        assert sidecars == set(part.sidecars), part.name


@every_stack
def test_containers_list_the_ports_of_their_part_and_no_other(stack: str) -> None:
    for part, _, template in made(stack):
        listed = {
            (port["name"], port["containerPort"], port["protocol"])
            for each in [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]
            for port in each.get("ports", [])
        }
        fixed = {(port.name, port.number, port.protocol) for port in part.opens if port.number and port.declared}
        optional = {("s2s", 5269, "TCP")} if part.name == "prosody" else set()
        assert fixed - optional <= listed, part.name
        decided = {port.protocol for port in part.opens if port.number is None}
        assert {protocol for _, _, protocol in listed - fixed} <= decided, part.name


@every_stack
def test_pods_are_annotated_for_what_their_part_serves(stack: str) -> None:
    for part, _, template in made(stack):
        annotations = template["metadata"].get("annotations", {})
        found = {key: value for key, value in annotations.items() if key.startswith("prometheus.io/")}
        if part.scraped and part.scraped.annotated:
            port = str(part.port(part.scraped.port))
            assert found == {
                "prometheus.io/scrape": "true",
                "prometheus.io/port": port,
                "prometheus.io/path": part.scraped.path,
            }
        else:
            assert not found, part.name


def _peers(rule: dict[str, Any]) -> set[str]:
    readers = {"prometheus", "kube-metrics-adapter"}
    if "from" not in rule:
        return {ANYWHERE}
    names = {
        ANY_POD if "namespaceSelector" in each else each["podSelector"]["matchLabels"][NAME] for each in rule["from"]
    }
    return {METRICS_READER if name in readers else name for name in names}


def test_network_policies_let_in_exactly_the_peers_of_the_table() -> None:
    rendered: dict[tuple[str, str, int | None], set[str]] = {}
    for stack in NAMES:
        for resource in kubernetes_objects(stack):
            selected = resource.properties.get("spec", {}).get("podSelector", {}).get("matchLabels", {})
            if resource.properties["kind"] != "NetworkPolicy" or NAME not in selected:
                continue
            part = NAMED[selected[NAME]]
            fixed = {port.number for port in part.opens}
            for rule in resource.properties["spec"].get("ingress", []):
                for port in rule["ports"]:
                    number = port["port"] if port["port"] in fixed else None
                    rendered.setdefault((part.name, port["protocol"], number), set()).update(_peers(rule))
    expected = {
        (part.name, port.protocol, port.number): {ANYWHERE}
        if {ANYWHERE, API_SERVER} & set(port.peers)
        else set(port.peers)
        for part in PARTS
        for port in part.opens
        if UNPOLICED.isdisjoint(port.peers) or API_SERVER in port.peers
    }
    assert rendered.keys() == expected.keys()
    for key, peers in expected.items():
        # Where another's Prometheus scrapes, the reader is any pod.
        assert rendered[key] - {ANY_POD} == peers - {ANY_POD}, key
        assert ANY_POD not in rendered[key] or {ANY_POD, METRICS_READER} & peers, key


def test_peers_are_parts_or_the_constants_of_the_record() -> None:
    constants = {value for name, value in vars(records).items() if name.isupper() and isinstance(value, str)}
    for part in PARTS:
        for port in part.opens:
            assert set(port.peers) <= {*NAMED, *constants}, f"{part.name} {port.name}"
            assert ANYWHERE in port.peers or UNPOLICED.isdisjoint(port.peers) or set(port.peers) <= UNPOLICED


def test_any_pod_reaches_only_ports_that_are_public_or_show_metrics() -> None:
    """REST interfaces that ask for no login are not among them: another such port is a decision, to be made here."""
    opened = {(part.name, port.name) for part in PARTS for port in part.opens if {ANYWHERE, ANY_POD} & set(port.peers)}
    public = {("jvb", "media"), ("jigasi", "media"), ("coturn-udp", "turn"), ("haproxy", "http"), ("haproxy", "https")}
    shown = {("haproxy", "stats"), ("kube-state-metrics", "http"), ("probe", "metrics"), ("prometheus", "http")}
    assert opened == public | shown


def _mounted(container: dict[str, Any], path: str) -> bool:
    """Whether the path is on a writable mount."""
    above = [path, *map(str, PurePosixPath(path).parents)]
    mounts = {mount["mountPath"]: mount for mount in container.get("volumeMounts", [])}
    nearest = next((mounts[folder] for folder in above if folder in mounts), None)
    return nearest is not None and not nearest.get("readOnly")


@every_stack
def test_pods_run_their_image_as_its_record_says(stack: str) -> None:
    config = config_of(stack)
    releases = {shard.name: shard.release for shard in config.resolved}
    for part, instance, template in made(stack):
        container = main_container(part, template)
        assert container["image"] == part.image.of(config.images, releases.get(instance, config.images.tag)), part.name
        assert container["securityContext"]["readOnlyRootFilesystem"] is True, part.name
        assert template["spec"]["securityContext"]["runAsUser"] == part.image.uid, part.name
        assert not part.image.command or tuple(container["command"]) == part.image.command, part.name
        assert bool(part.image.spared) <= bool(part.image.command), f"{part.name} spares nothing without a command"
        for path in part.image.writes:
            assert _mounted(container, path), f"{part.name} {path}: not writable"


def test_every_image_of_the_config_is_one_of_a_part() -> None:
    fields = set(Images.model_fields) - {"registry", "mirror", "pull_secret", "login", "digests", "tag"}
    assert fields <= {part.image.name for part in PARTS}


def test_components_with_variables_of_the_stack_file_are_parts_with_an_image_of_the_release() -> None:
    jitsi = {part.name for part in PARTS if part.image.name in get_args(JitsiImage)}
    assert set(get_args(Component)) <= jitsi


def test_a_part_without_that_port_says_so() -> None:
    with pytest.raises(KeyError, match="jvb has no port stats"):
        NAMED["jvb"].port("stats")
    with pytest.raises(KeyError, match="config decides jvb's port media"):
        NAMED["jvb"].port("media")
    with pytest.raises(ValueError, match="size of jvb follows from the config"):
        _ = NAMED["jvb"].whole


def test_the_page_says_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: .venv/bin/python tests/parts_page.py"
