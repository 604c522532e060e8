"""A Prometheus behind a token, a tenant and an authority of its own: who reads it shows what it asks for."""

import json
from functools import cache
from typing import Any

import pytest
from documented import block
from sample_stacks import OWN

from config.problems import ConfigError
from config.read import parse
from plan.evaluate import evaluate
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.secret_references import secret_unresolved

METRICS = block("existing", "metrics.tokenSecret")["jitsi:metrics"]
KEYS = {**OWN["daemonset"], "jitsi:bridges": "{}", "jitsi:metrics": json.dumps(METRICS)}


@cache
def made() -> dict[str, Resource]:
    return {resource.name: resource for resource in evaluate(KEYS, "test")}


def spec(name: str) -> dict[str, Any]:
    return made()[name].properties["spec"]["template"]["spec"]


def test_the_adapter_reads_token_and_authority_from_files_and_names_the_tenant() -> None:
    pod = spec("jitsi-metrics-adapter")
    arguments, mounts = (
        pod["containers"][0]["args"],
        {mount["mountPath"]: mount for mount in pod["containers"][0]["volumeMounts"]},
    )
    assert "--prometheus-header=X-Scope-OrgID=school" in arguments
    (volume,) = [each for each in pod["volumes"] if each["name"] == mounts["/login"]["name"]]
    files = {
        item["path"]: source["secret"]["name"]
        for source in volume["projected"]["sources"]
        for item in source["secret"]["items"]
    }
    assert files == {"token": "prometheus-token", "ca.crt": "prometheus-ca"}
    assert {f"--prometheus-token-file=/login/{'token'}", "--prometheus-ca-file=/login/ca.crt"} <= set(arguments)


def test_grafana_sends_the_same_and_no_configuration_holds_the_token() -> None:
    text = made()["jitsi-monitoring-grafana-config"].properties["data"]["datasources.yaml"]
    (source,) = json.loads(text)["datasources"]
    plain, secret = source["jsonData"], source["secureJsonData"]
    sent = {plain[f"httpHeaderName{number}"]: secret[f"httpHeaderValue{number}"] for number in (1, 2)}
    assert sent == {"Authorization": "Bearer $PROMETHEUS_TOKEN", "X-Scope-OrgID": "school"}
    assert (plain["tlsAuthWithCACert"], secret["tlsCACert"]) == (True, "$PROMETHEUS_CA")
    read = {
        variable["name"]: variable["valueFrom"]["secretKeyRef"]
        for variable in spec("jitsi-monitoring-grafana")["containers"][0]["env"]
        if "valueFrom" in variable
    }
    assert read["PROMETHEUS_TOKEN"] == {"name": "prometheus-token", "key": "token"}
    assert read["PROMETHEUS_CA"] == {"name": "prometheus-ca", "key": "ca.crt"}


def test_the_secrets_of_the_operator_are_known_to_be_made_outside() -> None:
    assert not list(secret_unresolved.findings(Resources(parse(KEYS), tuple(made().values()))))


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ({"tokenSecret": "t"}, r"metrics\.tokenSecret: .*url is not set"),
        ({"tenant": "school"}, r"metrics\.tenant: .*set prometheus: existing and url"),
        ({"prometheus": "existing", "url": "http://a:9090", "caSecret": "c"}, r"metrics\.caSecret: .*write https://"),
        ({"prometheus": "existing", "url": "https://me:secret@a.eu"}, r"metrics\.url: .*metrics\.tokenSecret"),
        (
            {"prometheus": "existing", "url": "https://a.eu", "token": "abc"},
            r"metrics\.token: unknown key.*tokenSecret",
        ),
        (
            {"prometheus": "existing", "url": "https://a.eu", "tokenSecret": "A token"},
            r"metrics\.tokenSecret: a name is",
        ),
    ],
)
def test_a_wrong_key_leads_to_the_right_one(metrics: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse({**KEYS, "jitsi:metrics": json.dumps(metrics)})
