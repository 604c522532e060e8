"""The log collector's objects: one Alloy that reads the namespace's pods through the API, without anything on the nodes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from components import pod
from components.labels import manifest
from components.logs.alloy_config import COMPONENT, Destination, text
from components.network_policies import allowed, metrics_reader
from components.stack_objects import StackObjects

Document = dict[str, Any]

PORT = 12345  # TCP: metrics and readiness
UID = 473  # user alloy of the image
SECRET = "logs"  # noqa: S105
FOLDER = "/etc/alloy"
STORAGE = "/var/lib/alloy"


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectorPods:
    """What it is made from. `scraper` is the name label of the pods that read metrics, none: any namespace."""

    objects: StackObjects
    destination: Destination
    pseudonyms: bool
    scraper: str | None

    def config(self, url: Any) -> Document:
        """The ConfigMap; `url` is the text or an output that becomes it."""
        return self.objects.made("v1", "ConfigMap", COMPONENT, data={"config.alloy": url})

    def text_for(self, url: str) -> str:
        """Alloy's configuration when lines are pushed to `url`."""
        destination = replace(self.destination, url=url)
        return text(self.objects.namespace, self.objects.instance, destination, pseudonyms=self.pseudonyms)

    def secret(self, values: Mapping[str, Any]) -> Document:
        """What the text leaves to the environment."""
        labelled = self.objects.labelled(COMPONENT)
        return manifest(
            "v1", "Secret", SECRET, self.objects.namespace, labelled, type="Opaque", stringData=dict(values)
        )

    def documents(self) -> dict[str, Document]:
        """Rights and policy, by part. It may list pods and read their logs, in this namespace; nothing else, nowhere else."""
        rules = [
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
        ]
        readers = [allowed(metrics_reader(self.scraper), tcp=[PORT])]
        return self.objects.account(COMPONENT, rules) | {"network-policy": self.objects.policy(COMPONENT, readers)}

    def workload(self, variables: list[str], marks: Mapping[str, Any]) -> Document:
        """One replica, so that every line is read once: while it is away pods keep their logs, and it catches up."""
        container = pod.container(
            COMPONENT,
            self.objects.images.alloy,
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
            labelled=self.objects.labelled(COMPONENT),
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
        spec = {"replicas": 1, "strategy": {"type": "Recreate"}, "template": template}
        return self.objects.workload("Deployment", COMPONENT, spec)
