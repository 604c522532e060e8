"""The check that meets the stack as its users do, from inside the cluster: the program of `probe/`, with nothing but Python."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import probe
from components import pod
from components.labels import labels, manifest, selector
from components.metrics.prometheus import NOBODY
from components.monitoring.targets import PROBE_PORT
from probe.targets import Targets

Document = dict[str, Any]

NAME = "probe"
PACKAGE = Path(probe.__file__).parent
NOT_CARRIED = "stack.py"
"""Reads stack files, with what a cluster does not have."""
_PLACE = "/app/probe"
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbePods:
    """What it is made from; `every` in seconds."""

    targets: Targets
    instance: str
    image: str
    every: int

    @property
    def _namespace(self) -> str:
        return self.targets.namespace

    @property
    def _labelled(self) -> dict[str, str]:
        return labels(NAME, self.instance)

    @property
    def texts(self) -> dict[str, str]:
        """The program's files and what it checks."""
        files = {path.name: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.glob("*.py"))}
        return {name: text for name, text in files.items() if name != NOT_CARRIED} | {
            "targets.json": self.targets.as_json()
        }

    def _object(self, api_version: str, kind: str, **body: Any) -> Document:
        return manifest(api_version, kind, NAME, self._namespace, self._labelled, **body)

    def documents(self) -> dict[str, Document]:
        """Everything but the Deployment, by part. It may list the namespace's pods and get nodes, for their public addresses."""
        account = {"kind": "ServiceAccount", "name": NAME, "namespace": self._namespace}
        wide = f"{self._namespace}-{NAME}"
        reader = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": wide}
        return {
            "files": self._object("v1", "ConfigMap", data=self.texts),
            "account": self._object("v1", "ServiceAccount", automountServiceAccountToken=False),
            "role": self._object(
                f"{_RBAC}/v1", "Role", rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
            ),
            "binding": self._object(
                f"{_RBAC}/v1",
                "RoleBinding",
                roleRef={"apiGroup": _RBAC, "kind": "Role", "name": NAME},
                subjects=[account],
            ),
            "node-role": manifest(
                f"{_RBAC}/v1",
                "ClusterRole",
                wide,
                None,
                self._labelled,
                rules=[{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}],
            ),
            "node-binding": manifest(
                f"{_RBAC}/v1", "ClusterRoleBinding", wide, None, self._labelled, roleRef=reader, subjects=[account]
            ),
            "network-policy": self._object(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                spec={
                    "podSelector": {"matchLabels": selector(NAME, self.instance)},
                    "policyTypes": ["Ingress"],
                    "ingress": [
                        {"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": PROBE_PORT}]}
                    ],
                },
            ),
        }

    def workload(self) -> Document:
        """One replica; it restarts when its program or what it checks changes."""
        container = pod.container(
            NAME,
            self.image,
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
            labelled=self._labelled,
            annotations={**pod.scrape(PROBE_PORT), "jitsi.org/config": pod.text_hash(*self.texts.values())},
            containers=[container],
            volumes=[pod.config_volume("files", NAME)],
            uid=NOBODY,
            serviceAccountName=NAME,
            automountServiceAccountToken=True,
        )
        return self._object(
            "apps/v1",
            "Deployment",
            spec={
                "replicas": 1,
                "selector": {"matchLabels": selector(NAME, self.instance)},
                "template": template,
            },
        )
