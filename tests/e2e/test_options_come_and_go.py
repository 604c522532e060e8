"""Options of the stack, each switched on and off again on a running one: they come up, and leave nothing."""

import pytest
import yaml
from waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

BRIDGES = {"min": 1, "max": 2, "scaling": {"spares": 0}}
BASE = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "video.example.org",
    "jitsi:dnsZone": "example.org",
    "jitsi:cluster": {"version": "1.35.3", "system": {"nodeType": "PRO2-S", "min": 1, "max": 3}},
    "jitsi:bridges": BRIDGES | {"relays": False},
    "jitsi:shards": [{"name": "s0", "zone": "fr-par-1"}],
    "jitsi:ingress": {"tls": {"mode": "selfSigned"}},
}
OPTIONS = {
    "jitsi:visitors": {"nodes": 2},
    "jitsi:turn": {"udp": {}},
    "jitsi:web": {"title": "Lessons", "files": {"images/logo.svg": {"text": "<svg/>"}}},
    "jitsi:meetings": {"maxParticipants": 60, "lastN": {"bridge": 25}},
    "jitsi:env": {"web": {"ENABLE_OPUS_RED": True}},
    "jitsi:whiteboard": True,
    "jitsi:jigasi": {
        "sip": {"account": "4920123@sip.example.org", "server": "sip.example.org", "deadline": "1m"},
        "transcription": {"backend": "vosk", "url": "wss://vosk.example.org:2700"},
    },
    "jitsi:documents": {"storage": "1Gi"},
    "jitsi:bridges": BRIDGES | {"relays": True},
    "jitsi:recording": {"bucket": "school", "endpoint": "https://s3.example.org", "streaming": {}},
    "jitsi:monitoring": {"grafana": "managed", "logs": {"to": "cockpit", "retention": "30d"}},
    "jitsi:auth": {"type": "jwt", "guests": True, "jwt": {"appId": "school"}},
}
OTHER_LOGINS = {
    "internal": {"type": "internal", "guests": True, "waitForHost": "lobby"},
    "ldap": {
        "type": "ldap",
        "ldap": {
            "servers": ["ldaps://ldap.example.org"],
            "base": "ou=people,dc=example,dc=org",
            "bindDn": "cn=jitsi,dc=example,dc=org",
        },
    },
}
SECRETS = {
    "jitsi:sipPassword": "only-of-this-test",
    "jitsi:jwtSecret": "only-of-this-test" * 2,
    "jitsi:ldapPassword": "only-of-this-test",
    "jitsi:users": '{"anna": "only-of-this-test"}',
    "jitsi:recordingAccessKey": "SCW00000000000000000",
    "jitsi:recordingSecretKey": "only-of-this-test",
}
PODS = {
    "visitors": 2,
    "coturn": 2,
    "coturn-udp": 1,
    "jigasi": 1,
    "transcriber": 1,
    "whiteboard": 1,
    "etherpad": 1,
    "jibri": 1,
    "grafana": 1,
    "alloy": 1,
}
"""Label name -> pods that run once the options are on."""
LISTS = (
    *(f"/api/v1/namespaces/jitsi/{kind}" for kind in ("services", "configmaps", "secrets", "persistentvolumeclaims")),
    *(f"/apis/apps/v1/namespaces/jitsi/{kind}" for kind in ("deployments", "statefulsets", "daemonsets")),
    "/apis/networking.k8s.io/v1/namespaces/jitsi/networkpolicies",
    "/apis/autoscaling/v2/namespaces/jitsi/horizontalpodautoscalers",
    "/apis/policy/v1/namespaces/jitsi/poddisruptionbudgets",
)


class Stack:
    """A stack file whose options change, and what the engine and the cluster hold of it."""

    def __init__(self, embedded, folder):
        self.embedded, self.file = embedded, folder / "Pulumi.options.yaml"

    def up(self, options):
        self.file.write_text(yaml.safe_dump({"config": BASE | options}))
        return self.embedded.engine.up(self.file, secrets=SECRETS)

    def resources(self):
        exported = self.embedded.engine.export(self.file)["deployment"]["resources"]
        return {each["urn"] for each in exported}

    def objects(self):
        with self.embedded.api() as api:
            return {(path, each["metadata"]["name"]) for path in LISTS for each in api.items(path)}

    def leads_to(self, host):
        """Addresses in the zone's records of this name, as the engine made them."""
        exported = self.embedded.engine.export(self.file)["deployment"]["resources"]
        records = [each["outputs"] for each in exported if each["type"].endswith(":Record")]
        return {record["data"] for record in records if f"{record['name']}.{record['dnsZone']}." == host}

    def addresses(self, label):
        """Public addresses of the nodes that carry the label."""
        with self.embedded.api() as api:
            nodes = api.items("/api/v1/nodes", labelSelector=label)
        return {
            address["address"]
            for node in nodes
            for address in node["status"]["addresses"]
            if address["type"] == "ExternalIP"
        }

    def ready(self, name):
        with self.embedded.api() as api:
            pods = api.items("/api/v1/namespaces/jitsi/pods", labelSelector=f"app.kubernetes.io/name={name}")
        return [
            pod
            for pod in pods
            for condition in pod["status"].get("conditions", [])
            if {"type": "Ready", "status": "True"}.items() <= condition.items()
        ]

    def running(self, name):
        return len(self.ready(name))

    def said(self, name, variable):
        """What the pods of a name that are ready have for an environment variable."""
        return [
            each.get("value")
            for pod in self.ready(name)
            for container in pod["spec"]["containers"]
            for each in container.get("env", [])
            if each["name"] == variable
        ]


def test_options_come_up_beside_what_runs_and_leave_nothing(embedded, tmp_path):
    stack = Stack(embedded, tmp_path)
    try:
        stack.up({})
        resources, objects = stack.resources(), stack.objects()
        stack.up(OPTIONS)
        for name, count in PODS.items():
            eventually(lambda name=name, count=count: stack.running(name) == count)
        assert stack.leads_to("turn-udp.video.example.org.") == stack.addresses("jitsi.org/role=turn")
        eventually(lambda: stack.said("jvb", "ENABLE_OCTO") == ["1"])
        eventually(lambda: stack.said("prosody", "AUTH_TYPE") == ["jwt"])
        assert embedded.engine.preview(stack.file, secrets=SECRETS).changes == {}
        assert objects < stack.objects()
        for kind, keys in OTHER_LOGINS.items():
            stack.up({"jitsi:auth": keys})
            eventually(lambda kind=kind: stack.said("prosody", "AUTH_TYPE") == [kind])
        stack.up({})
        eventually(lambda: stack.running("prosody") == 1 and stack.said("prosody", "AUTH_TYPE") == [])
        assert stack.resources() == resources
        eventually(lambda: stack.objects() == objects)
        for name in PODS:
            eventually(lambda name=name: stack.running(name) == 0)
    finally:
        embedded.engine.destroy(stack.file)
