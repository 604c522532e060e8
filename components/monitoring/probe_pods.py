"""The check that meets the stack as its users do, from inside the cluster: the program of `probe/`, with nothing but Python."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import probe
from components import pod
from components.labels import manifest
from components.metrics.prometheus import NOBODY
from components.monitoring.targets import PROBE_PORT
from components.network_policies import allowed, metrics_reader
from components.stack_objects import RBAC, StackObjects
from probe.targets import Targets

Document = dict[str, Any]

NAME = "probe"
PACKAGE = Path(probe.__file__).parent
NOT_CARRIED = "stack.py"
"""Reads stack files, with what a cluster does not have."""
_PLACE = "/app/probe"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbePods:
    """What it is made from; `every` in seconds."""

    objects: StackObjects
    targets: Targets
    every: int

    @property
    def texts(self) -> dict[str, str]:
        """The program's files and what it checks."""
        files = {path.name: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.glob("*.py"))}
        return {name: text for name, text in files.items() if name != NOT_CARRIED} | {
            "targets.json": self.targets.as_json()
        }

    def documents(self) -> dict[str, Document]:
        """Everything but the Deployment, by part. It may list the namespace's pods and get nodes, for their public addresses."""
        listing = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
        account = {"kind": "ServiceAccount", "name": NAME, "namespace": self.objects.namespace}
        wide = f"{self.objects.namespace}-{NAME}"
        reader = {"apiGroup": RBAC, "kind": "ClusterRole", "name": wide}
        labelled = self.objects.labelled(NAME)
        return {
            "files": self.objects.made("v1", "ConfigMap", NAME, data=self.texts),
            **self.objects.account(NAME, [listing]),
            "node-role": manifest(
                f"{RBAC}/v1",
                "ClusterRole",
                wide,
                None,
                labelled,
                rules=[{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}],
            ),
            "node-binding": manifest(
                f"{RBAC}/v1", "ClusterRoleBinding", wide, None, labelled, roleRef=reader, subjects=[account]
            ),
            "network-policy": self.objects.policy(NAME, [allowed(metrics_reader(None), tcp=[PROBE_PORT])]),
        }

    def workload(self) -> Document:
        """One replica; it restarts when its program or what it checks changes."""
        container = pod.container(
            NAME,
            self.objects.images.python,
            resources=pod.resources("10m", "64Mi"),
            env=pod.environment({"PYTHONPATH": "/app", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}),
            mounts={_PLACE: "!files"},
            command=["python3", "-m", "probe"],
            args=[
                f"--targets={_PLACE}/targets.json",
                "--bridges=token",
                f"--serve={PROBE_PORT}",
                f"--every={self.every}",
            ],
            ports=[{"name": "metrics", "containerPort": PROBE_PORT, "protocol": "TCP"}],
            readinessProbe=pod.http_probe("/healthz", "metrics", period=5, failures=3),
            livenessProbe=pod.http_probe("/healthz", "metrics", period=15, failures=8),
        )
        template = pod.pod(
            labelled=self.objects.labelled(NAME),
            annotations={**pod.scrape(PROBE_PORT), "jitsi.org/config": pod.text_hash(*self.texts.values())},
            containers=[container],
            volumes=[pod.config_volume("files", NAME)],
            uid=NOBODY,
            serviceAccountName=NAME,
            automountServiceAccountToken=True,
        )
        return self.objects.workload("Deployment", NAME, {"replicas": 1, "template": template})
