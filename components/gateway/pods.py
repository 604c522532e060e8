"""Jigasi's pods: a gateway for telephones on a node of its own, a transcriber anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components import pod
from components.gateway import environment
from components.labels import NO_WAIT, ROLE_LABEL, selector
from components.network_policies import Document
from components.signalling.addresses import ShardNames
from components.signalling.manifests import SAFE_TO_EVICT, resources
from components.stack_objects import StackObjects
from config.access import Auth
from config.jigasi import Jigasi, Sip, Transcription
from plan.gateways import GATEWAY, HEAP_MIB, TRANSCRIBER

JIGASI, TRANSCRIBING = "jigasi", "transcriber"
"""Label and taint of the gateways' nodes; its value is the component's name."""
REST_PORT = 8788  # TCP, nobody's but the kubelet's: health, and shutdown with no login
LEAVE = "leave.sh"
_SCRIPTS = Path(__file__).parent / "scripts"
MARGIN_SECONDS = 30
"""Between the hook's end and the end of the pod's grace period."""
TRANSCRIBER_DEADLINE = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayPods:
    """What they are made from."""

    objects: StackObjects
    image: str
    domain: str
    shards: tuple[ShardNames, ...]
    auth: Auth
    jigasi: Jigasi
    marks: Mapping[str, Mapping[str, Any]]
    """Workload -> annotations that change with the secrets that it alone reads."""
    visitors: bool
    on_kapsule: bool

    def scripts(self) -> Document:
        """The script by which a gateway leaves."""
        return self.objects.made(
            "v1", "ConfigMap", JIGASI, data={LEAVE: (_SCRIPTS / LEAVE).read_text(encoding="utf-8")}
        )

    def secret(self, values: dict[str, Any]) -> Document:
        """Passwords, named as the image's variables."""
        return self.objects.made("v1", "Secret", JIGASI, type="Opaque", stringData=values)

    def gateway(self, sip: Sip, *secrets: str) -> Document:
        """Media, UDP, at the same ports on pod and node. Not on the host's network: a policy for prosody would not know it there.

        What it tells the provider is its pod's address; providers answer to where media comes from, or to that address' port on the
        node that they see. No SIP port is open: calls come in over the connection that registered.
        """
        ports = [
            {"name": f"m{port}", "containerPort": port, "hostPort": port, "protocol": "UDP"}
            for port in range(sip.first_port, sip.last_port + 1)
        ]
        placed = pod.only_on(ROLE_LABEL, JIGASI) if self.on_kapsule else {}
        settings = environment.sip(self.domain, self.shards, self.auth, sip, heap_mib=HEAP_MIB, visitors=self.visitors)
        container = self._container(JIGASI, settings, secrets, resources(GATEWAY), sip.deadline, ports=ports)
        rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
        spec = {
            "replicas": sip.replicas,
            "strategy": rolling,
            "template": self._template(JIGASI, container, sip.deadline, **placed),
        }
        return self.objects.workload("Deployment", JIGASI, spec)

    def transcriber(self, transcription: Transcription, *secrets: str) -> Document:
        """Nothing comes in: it calls prosody, the bridges and its backend."""
        settings = environment.transcriber(self.domain, self.shards, self.auth, transcription, HEAP_MIB)
        container = self._container(TRANSCRIBING, settings, secrets, resources(TRANSCRIBER), TRANSCRIBER_DEADLINE)
        spec = {
            "replicas": transcription.replicas,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": self._template(
                TRANSCRIBING,
                container,
                TRANSCRIBER_DEADLINE,
                topologySpreadConstraints=pod.spread(selector(TRANSCRIBING, self.objects.instance)),
            ),
        }
        return self.objects.workload("Deployment", TRANSCRIBING, spec)

    def _container(
        self,
        name: str,
        settings: environment.Environment,
        secrets: tuple[str, ...],
        size: Document,
        deadline: int,
        **more: Any,
    ) -> Document:
        return pod.container(
            name,
            self.image,
            resources=size,
            env=[
                *pod.environment({**settings, **pod.JITSI_ENV, "DEADLINE": deadline}),
                *pod.from_secret(JIGASI, *secrets),
                pod.from_field("JIGASI_INSTANCE_ID", "metadata.name"),
            ],
            mounts={**pod.JITSI_MOUNTS, "/tmp/transcripts": "transcripts", "/jigasi-scripts": "!scripts"},  # noqa: S108
            startupProbe=pod.http_probe("/about/health", REST_PORT, period=5, failures=60),
            readinessProbe=pod.http_probe("/about/health", REST_PORT, period=15, failures=4),
            livenessProbe=pod.tcp_probe(REST_PORT, period=15, failures=20, timeout=10),
            lifecycle={"preStop": {"exec": {"command": ["/bin/sh", f"/jigasi-scripts/{LEAVE}"]}}},
            **more,
        )

    def _template(self, name: str, container: Document, deadline: int, **more: Any) -> Document:
        return pod.pod(
            labelled=self.objects.labelled(name),
            annotations={**self.objects.marks, **self.marks[name], **SAFE_TO_EVICT},
            containers=[container],
            volumes=[
                *pod.jitsi_volumes(),
                {"name": "transcripts", "emptyDir": {"sizeLimit": "64Mi"}},
                pod.config_volume("scripts", JIGASI, pod.READ_ONLY_SCRIPTS),
            ],
            terminationGracePeriodSeconds=deadline + MARGIN_SECONDS,
            **more,
        )

    def policies(self) -> dict[str, Document]:
        """Media of telephones, from anywhere; nothing else comes in to either."""
        found: dict[str, Document] = {}
        sip = self.jigasi.sip
        if sip:
            media = {"protocol": "UDP", "port": sip.first_port, "endPort": sip.last_port}
            found[JIGASI] = self.objects.policy(JIGASI, [{"ports": [media]}])
        if self.jigasi.transcription:
            found[TRANSCRIBING] = self.objects.policy(TRANSCRIBING, [])
        return found


def not_waited_for(document: Document) -> Document:
    """The engine does not wait: gateways become ready while nodes boot, and leave after their calls."""
    metadata = document["metadata"]
    return document | {"metadata": metadata | {"annotations": {**metadata.get("annotations", {}), **NO_WAIT}}}
