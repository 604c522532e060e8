"""The in-cluster probe, which uses the stack as a client does: the package `probe/` on a plain Python image."""

from dataclasses import dataclass
from pathlib import Path

import probe
from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.network_policies import ingress, metrics_reader
from components.kubernetes.stack_objects import RBAC, StackObjects
from probe.targets import Targets
from sizing.parts import PROBE

NAME = PROBE.name
PACKAGE = Path(probe.__file__).parent
NOT_CARRIED = "from_stack.py"
"""Reads stack files; not needed in the cluster."""
_PLACE = "/app/probe"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbePods:
    """Inputs of the probe; `every` is in seconds."""

    objects: StackObjects
    targets: Targets
    every: int

    @property
    def texts(self) -> dict[str, str]:
        """The program's files and its targets."""
        files = {path.name: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.glob("*.py"))}
        return {name: text for name, text in files.items() if name != NOT_CARRIED} | {
            "targets.json": self.targets.as_json()
        }

    def documents(self) -> dict[str, Document]:
        """Return everything but the Deployment, by part. The probe lists the namespace's pods and gets nodes for their addresses."""
        listing = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
        account = {"kind": "ServiceAccount", "name": NAME, "namespace": self.objects.namespace}
        wide = f"{self.objects.namespace}-{NAME}"
        reader = {"apiGroup": RBAC, "kind": "ClusterRole", "name": wide}
        labels = self.objects.labels(NAME)
        return {
            "files": self.objects.manifest("v1", "ConfigMap", NAME, data=self.texts),
            **self.objects.account(NAME, [listing]),
            "node-role": manifest(
                f"{RBAC}/v1",
                "ClusterRole",
                wide,
                None,
                labels,
                rules=[{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}],
            ),
            "node-binding": manifest(
                f"{RBAC}/v1", "ClusterRoleBinding", wide, None, labels, roleRef=reader, subjects=[account]
            ),
            "network-policy": self.objects.policy(NAME, ingress(PROBE, self.objects.instance, metrics_reader(None))),
        }

    def workload(self) -> Document:
        """Return a Deployment of one replica, which restarts when its program or targets change."""
        container = pod.part_container(
            PROBE,
            self.objects.images.python,
            env=pod.environment({"PYTHONPATH": "/app", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}),
            mounts={_PLACE: "!files"},
            command=["python3", "-m", "probe"],
            args=[
                f"--targets={_PLACE}/targets.json",
                "--bridges=token",
                f"--serve={PROBE.port('metrics')}",
                f"--every={self.every}",
            ],
            readinessProbe=pod.http_probe("/healthz", "metrics", period=5, failures=3),
            livenessProbe=pod.http_probe("/healthz", "metrics", period=15, failures=8),
        )
        template = pod.pod(
            labels=self.objects.labels(NAME),
            annotations={**pod.scrape(PROBE), "jitsi.org/config": pod.text_hash(*self.texts.values())},
            containers=[container],
            volumes=[pod.config_volume("files", NAME)],
            uid=PROBE.image.uid,
            serviceAccountName=NAME,
            automountServiceAccountToken=True,
        )
        return self.objects.workload("Deployment", NAME, {"replicas": 1, "template": template})
