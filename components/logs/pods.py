"""The log collector's objects: one Alloy that reads the namespace's pods through the API, without anything on the nodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components import pod
from components.labels import labels, manifest, selector
from components.logs.alloy_config import COMPONENT, Destination, text
from components.network_policies import metrics_reader

Document = dict[str, Any]

PORT = 12345  # TCP: metrics and readiness
UID = 473  # user alloy of the image
SECRET = "logs"  # noqa: S105
FOLDER = "/etc/alloy"
STORAGE = "/var/lib/alloy"


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectorPods:
    """What it is made from. `scraper` is the name label of the pods that read metrics, none: any namespace."""

    namespace: str
    instance: str
    image: str
    destination: Destination
    pseudonyms: bool
    scraper: str | None

    def _object(self, api_version: str, kind: str, **body: Any) -> Document:
        return manifest(api_version, kind, COMPONENT, self.namespace, labels(COMPONENT, self.instance), **body)

    def config(self, url: Any) -> Document:
        """The ConfigMap; `url` is the text or an output that becomes it."""
        return self._object("v1", "ConfigMap", data={"config.alloy": url})

    def text_for(self, url: str) -> str:
        """Alloy's configuration when lines are pushed to `url`."""
        destination = Destination(
            url=url, user=self.destination.user, tenant=self.destination.tenant, token=self.destination.token
        )
        return text(self.namespace, self.instance, destination, pseudonyms=self.pseudonyms)

    def secret(self, values: Mapping[str, Any]) -> Document:
        """What the text leaves to the environment."""
        return manifest(
            "v1",
            "Secret",
            SECRET,
            self.namespace,
            labels(COMPONENT, self.instance),
            type="Opaque",
            stringData=dict(values),
        )

    def documents(self) -> dict[str, Document]:
        """Rights and policy, by part. It may list pods and read their logs, in this namespace; nothing else, nowhere else."""
        rbac = "rbac.authorization.k8s.io"
        rules = [
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
        ]
        return {
            "account": self._object("v1", "ServiceAccount", automountServiceAccountToken=False),
            "role": self._object(f"{rbac}/v1", "Role", rules=rules),
            "binding": self._object(
                f"{rbac}/v1",
                "RoleBinding",
                roleRef={"apiGroup": rbac, "kind": "Role", "name": COMPONENT},
                subjects=[{"kind": "ServiceAccount", "name": COMPONENT, "namespace": self.namespace}],
            ),
            "network-policy": self._object(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                spec={
                    "podSelector": {"matchLabels": selector(COMPONENT, self.instance)},
                    "policyTypes": ["Ingress"],
                    "ingress": [{"from": [metrics_reader(self.scraper)], "ports": [{"protocol": "TCP", "port": PORT}]}],
                },
            ),
        }

    def workload(self, variables: list[str], marks: Mapping[str, Any]) -> Document:
        """One replica, so that every line is read once: while it is away pods keep their logs, and it catches up."""
        container = pod.container(
            COMPONENT,
            self.image,
            resources=pod.resources("50m", "256Mi"),
            args=[
                "run",
                f"{FOLDER}/config.alloy",
                f"--storage.path={STORAGE}",
                f"--server.http.listen-addr=0.0.0.0:{PORT}",
                "--disable-reporting",
            ],
            env=pod.from_secret(SECRET, *variables) or None,
            mounts={FOLDER: "!config", STORAGE: "positions", "/tmp": "tmp"},  # noqa: S108
            ports=[{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
            readinessProbe=pod.http_probe("/-/ready", "http", period=5, failures=3),
            livenessProbe=pod.http_probe("/-/healthy", "http", period=15, failures=8),
        )
        template = pod.pod(
            labelled=labels(COMPONENT, self.instance),
            annotations={**pod.scrape(PORT), **marks},
            containers=[container],
            volumes=[
                pod.config_volume("config", COMPONENT),
                {"name": "positions", "emptyDir": {"sizeLimit": "64Mi"}},
                {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
            ],
            uid=UID,
            serviceAccountName=COMPONENT,
            automountServiceAccountToken=True,
        )
        return self._object(
            "apps/v1",
            "Deployment",
            spec={
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": selector(COMPONENT, self.instance)},
                "template": template,
            },
        )
