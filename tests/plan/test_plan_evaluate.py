"""The recorder in the engine's place, on small programs and on the real one."""

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from plan_stacks import TODAY, values_of

from config.problems import ConfigError
from config.read import parse, stack_file
from config.secret_keys import SECRETS
from plan.evaluate import engine_config, evaluate
from plan.findings.rule import Subject
from plan.recorder import Resource
from plan.report import report
from plan.tokens import STACK_TYPE

ROOT = Path(__file__).resolve().parents[2]
VALUES = {"scaleway:region": "fr-par", "jitsi:secretSeed": "correct-horse"}


def made_by(tmp_path: Path, program: str) -> tuple[Resource, ...]:
    file = tmp_path / "program.py"
    file.write_text("import pulumi, pulumi_kubernetes as k8s, pulumiverse_scaleway as scw\n" + textwrap.dedent(program))
    return evaluate(VALUES, "dev", file)


def by_name(resources: tuple[Resource, ...], name: str) -> Resource:
    return next(resource for resource in resources if resource.name == name)


def test_resources_come_in_the_order_of_their_registration_with_the_engines_urns(tmp_path: Path) -> None:
    resources = made_by(
        tmp_path,
        """
        class Outer(pulumi.ComponentResource):
            def __init__(self):
                super().__init__("jitsi:a:Outer", "outer")
                Inner(pulumi.ResourceOptions(parent=self))
        class Inner(pulumi.ComponentResource):
            def __init__(self, opts):
                super().__init__("jitsi:a:Inner", "inner", None, opts)
                scw.loadbalancers.Ip("ip", zone="fr-par-1", opts=pulumi.ResourceOptions(parent=self))
        Outer()
        """,
    )
    assert [resource.name for resource in resources] == ["jitsi-dev", "outer", "inner", "ip"]
    assert resources[-1].urn == ("urn:pulumi:dev::jitsi::jitsi:a:Outer$jitsi:a:Inner$scaleway:loadbalancers/ip:Ip::ip")
    assert [resource.parent for resource in resources] == [None, *(resource.urn for resource in resources[:3])]


def test_outputs_of_what_does_not_exist_yet_are_plausible(tmp_path: Path) -> None:
    resources = made_by(
        tmp_path,
        """
        ip = scw.loadbalancers.Ip("ip", zone="fr-par-1")
        net = scw.network.PrivateNetwork("net")
        pulumi.export("address", ip.ip_address)
        pulumi.export("ids", [ip.id, net.id])
        """,
    )
    outputs = resources[0].properties
    assert resources[0].type == STACK_TYPE
    assert outputs["address"] == "203.0.113.1"
    assert [identifier.split("/")[0] for identifier in outputs["ids"]] == ["fr-par-1", "fr-par"]


def test_a_secret_is_masked_wherever_it_went(tmp_path: Path) -> None:
    resources = made_by(
        tmp_path,
        """
        seed = pulumi.Config().require_secret("secretSeed")
        derived = seed.apply(lambda value: f"derived-{value}")
        k8s.core.v1.Secret("plain", string_data={"password": derived, "other": "open"})
        k8s.core.v1.ConfigMap("text", data={"file": pulumi.Output.concat("a ", derived)}, metadata={"name": "text"})
        pulumi.export("seed", seed)
        """,
    )
    assert by_name(resources, "plain").properties["stringData"] == {"password": "[secret]", "other": "[secret]"}
    assert by_name(resources, "plain").secret_fields == ("stringData",)
    assert by_name(resources, "text").properties["data"] == {"file": "[secret]"}
    assert resources[0].properties == {"seed": "[secret]"}
    assert "derived-" not in json.dumps([resource.as_dict() for resource in resources])


def test_a_secret_object_is_masked_even_where_the_program_forgot(tmp_path: Path) -> None:
    resources = made_by(
        tmp_path,
        """
        pulumi.CustomResource("kubernetes:core/v1:Secret", "s", {"metadata": {"name": "s"}, "stringData": {"a": "open"}})
        """,
    )
    assert by_name(resources, "s").properties["stringData"] == {"a": "[secret]"}


def test_the_value_of_a_secret_never_reaches_the_program() -> None:
    config, secret_keys = engine_config(VALUES | {"scaleway:secretKey": ""})
    assert "correct-horse" not in config.values()
    assert set(secret_keys) == {*(f"jitsi:{name}" for name in SECRETS), "scaleway:secretKey"}
    assert set(secret_keys) <= set(config)


def test_a_kubeconfig_of_a_new_cluster_is_there_and_secret(tmp_path: Path) -> None:
    resources = made_by(
        tmp_path,
        """
        cluster = scw.kubernetes.Cluster("c", cni="cilium", version="1.35.3", delete_additional_resources=False)
        provider = k8s.Provider("p", kubeconfig=cluster.kubeconfigs.apply(lambda all: all[0].config_file))
        k8s.core.v1.Namespace("n", opts=pulumi.ResourceOptions(provider=provider, protect=True, ignore_changes=["spec"]))
        """,
    )
    assert by_name(resources, "p").properties == {"kubeconfig": "[secret]"}
    namespace = by_name(resources, "n")
    assert namespace.provider.startswith(by_name(resources, "p").urn)
    assert (namespace.protect, namespace.ignore_changes) == (True, ("spec",))


def test_numbers_are_whole_where_they_are(tmp_path: Path) -> None:
    resources = made_by(
        tmp_path,
        """
        k8s.core.v1.Service("s", metadata={"name": "s"}, spec={"ports": [{"port": 10000}], "healthCheckNodePort": None})
        pulumi.export("share", 0.75)
        """,
    )
    assert json.dumps(by_name(resources, "s").properties["spec"]) == '{"ports": [{"port": 10000}]}'
    assert resources[0].properties["share"] == 0.75


def test_an_object_without_a_name_gets_one_as_the_provider_would_give_it(tmp_path: Path) -> None:
    resources = made_by(
        tmp_path,
        """
        config = k8s.core.v1.ConfigMap("config", data={})
        pulumi.export("name", config.metadata.name)
        """,
    )
    name = by_name(resources, "config").properties["metadata"]["name"]
    assert name.startswith("config-")
    assert resources[0].properties["name"] == name


def test_a_chart_is_recorded_as_it_was_asked_for(tmp_path: Path) -> None:
    resources = made_by(
        tmp_path, """pulumi.CustomResource("kubernetes:helm.sh/v3:Release", "chart", {"chart": "cert-manager"})"""
    )
    assert by_name(resources, "chart").properties == {"chart": "cert-manager"}


def test_what_is_made_in_a_callback_is_recorded_too(tmp_path: Path) -> None:
    program = """
    ip = scw.loadbalancers.Ip("ip", zone="fr-par-1")
    ip.ip_address.apply(lambda _: scw.loadbalancers.Ip("late", zone="fr-par-1"))
    """
    assert by_name(made_by(tmp_path, program), "late")


def test_a_failure_in_a_callback_is_raised(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        made_by(tmp_path, "scw.loadbalancers.Ip('ip', zone='fr-par-1').ip_address.apply(lambda _: 1 / 0)")


def test_a_refusal_becomes_problems_with_their_keys(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        made_by(tmp_path, "raise pulumi.RunError('Cannot be used:\\n  domain: a; b\\n  shards[0].zone: c')")
    assert [problem.where for problem in refused.value.problems] == ["domain", "shards[0].zone"]


def test_two_resources_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two resources are called"):
        made_by(tmp_path, "for _ in range(2): scw.loadbalancers.Ip('ip', zone='fr-par-1')")


def test_an_evaluation_leaves_nothing_behind_for_the_next_one(tmp_path: Path) -> None:
    program = "pulumi.export('seed', pulumi.Config().require_secret('secretSeed'))"
    first = made_by(tmp_path, program)
    with pytest.raises(ZeroDivisionError):
        made_by(tmp_path, "1 / 0")
    assert made_by(tmp_path, program) == first


STACKS = sorted(ROOT.glob("Pulumi.*.yaml"))


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.name)
def test_the_program_runs_for_every_stack_of_the_repository(path: Path) -> None:
    resources = evaluate(stack_file(path), "test")
    urns = {resource.urn for resource in resources}
    assert len(urns) == len(resources)
    assert all(resource.parent in urns for resource in resources[1:])
    kubernetes = [resource for resource in resources if resource.type.startswith("kubernetes:")]
    assert kubernetes
    providers = {resource.urn for resource in resources if resource.type == "pulumi:providers:kubernetes"}
    assert all(resource.provider.rpartition("::")[0] in providers for resource in kubernetes)


def test_the_program_is_evaluated_alike_every_time() -> None:
    values = values_of(bridges={"layout": "nodePort", "perNode": 2}, dnsZone="example.org")
    assert evaluate(values, "test") == evaluate(values, "test")


def test_an_existing_cluster_makes_nothing_at_scaleway() -> None:
    values = values_of(None, cluster={"kind": "existing"}, ingress={"tls": {"mode": "selfSigned"}})
    assert not [resource for resource in evaluate(values, "test") if "scaleway" in resource.type]


def test_the_report_and_the_program_agree_on_nodes_and_ports() -> None:
    shards = [
        {"name": "s0", "zone": "fr-par-1"},
        {"name": "s1", "zone": "fr-par-2", "bridges": {"layout": "nodePort", "perNode": 2, "min": 4, "max": 7}},
    ]
    values = values_of(shards=shards)
    resources = evaluate(values, "test")
    document = report(Subject("test", parse(values), TODAY), resources).document
    pools = {
        resource.properties["labels"]["jitsi.org/bridges"]: resource.properties
        for resource in resources
        if resource.type == "scaleway:kubernetes/pool:Pool" and "jitsi.org/bridges" in resource.properties["labels"]
    }
    for capacity in document["capacity"]["perShard"]:
        pool = pools[capacity["shard"]]
        assert {"min": pool["minSize"], "max": pool["maxSize"]} == capacity["nodes"]
    services = {
        resource.properties["metadata"]["name"]: resource.properties["spec"]["ports"][0].get("nodePort")
        for resource in resources
        if resource.type == "kubernetes:core/v1:Service"
    }
    for port in document["ports"]:
        assert port["service"] is None or services[port["service"]] == port["port"]


def outputs_of(**keys: Any) -> dict[str, object]:
    (stack,) = (each for each in evaluate(values_of(**keys), "test") if each.type == STACK_TYPE)
    return dict(stack.properties)


def test_outputs_that_commands_and_pages_read_are_there_and_the_kubeconfig_is_secret() -> None:
    read = {
        name
        for path in (*ROOT.glob("docs/*.md"), *ROOT.glob("plan/**/*.py"), *ROOT.glob("probe/**/*.py"))
        for name in re.findall(r'stack"?,? "?output"?,? "?(\w+)', path.read_text(encoding="utf-8"))
    }
    made = outputs_of()
    assert {"kubeconfig"} <= read <= set(made)
    assert made["kubeconfig"] == "[secret]"
    assert "kubeconfig" not in outputs_of(**{"scaleway:region": None, "cluster": {"kind": "existing"}})
