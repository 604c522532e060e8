"""The log collector's objects: one Alloy that reads pod logs through the API, without node agents."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.network_policies import ingress, metrics_reader
from components.kubernetes.stack_objects import StackObjects
from components.logs.alloy_config import COMPONENT, Destination, text
from sizing.parts import ALLOY

SECRET = "logs"  # noqa: S105
FOLDER = "/etc/alloy"
STORAGE = "/var/lib/alloy"


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectorPods:
    """Inputs. `scraper` is the name label of the pods that read metrics; None allows any namespace."""

    objects: StackObjects
    destination: Destination
    pseudonyms: bool
    scraper: str | None

    def config(self, url: Any) -> Document:
        """Return the ConfigMap; `url` is the configuration text or an output of it."""
        return self.objects.manifest("v1", "ConfigMap", COMPONENT, data={"config.alloy": url})

    def text_for(self, url: str) -> str:
        """Return Alloy's configuration for pushing to `url`."""
        destination = replace(self.destination, url=url)
        return text(self.objects.namespace, self.objects.instance, destination, pseudonyms=self.pseudonyms)

    def secret(self, values: Mapping[str, Any]) -> Document:
        """Return the Secret behind the environment variables."""
        labels = self.objects.labels(COMPONENT)
        return manifest("v1", "Secret", SECRET, self.objects.namespace, labels, type="Opaque", stringData=dict(values))

    def documents(self) -> dict[str, Document]:
        """Return RBAC and network policy, by part. The collector may only list this namespace's pods and read their logs."""
        rules = [
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
        ]
        readers = ingress(ALLOY, self.objects.instance, metrics_reader(self.scraper))
        return self.objects.account(COMPONENT, rules) | {"network-policy": self.objects.policy(COMPONENT, readers)}

    def workload(self, variables: list[str], marks: Mapping[str, Any]) -> Document:
        """Return a Deployment of one replica, so that each line is read once. After downtime it catches up from the pods' logs."""
        container = pod.part_container(
            ALLOY,
            self.objects.images.alloy,
            args=[
                "run",
                f"{FOLDER}/config.alloy",
                f"--storage.path={STORAGE}",
                f"--server.http.listen-addr=0.0.0.0:{ALLOY.port('http')}",
                "--disable-reporting",
            ],
            env=pod.from_secret(SECRET, *variables) or None,
            mounts={FOLDER: "!config", STORAGE: "positions", "/tmp": "tmp"},  # noqa: S108
            readinessProbe=pod.http_probe("/-/ready", "http", period=5, failures=3),
            livenessProbe=pod.http_probe("/-/healthy", "http", period=15, failures=8),
        )
        template = pod.pod(
            labels=self.objects.labels(COMPONENT),
            annotations={**pod.scrape(ALLOY), **marks},
            containers=[container],
            volumes=[
                pod.config_volume("config", COMPONENT),
                {"name": "positions", "emptyDir": {"sizeLimit": "64Mi"}},
                {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
            ],
            uid=ALLOY.image.uid,
            serviceAccountName=COMPONENT,
            automountServiceAccountToken=True,
        )
        spec = {"replicas": 1, "strategy": {"type": "Recreate"}, "template": template}
        return self.objects.workload("Deployment", COMPONENT, spec)
