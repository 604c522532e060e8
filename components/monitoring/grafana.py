"""The managed Grafana: shows the dashboards, keeps nothing, and is reached by port-forward alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components import pod
from components.labels import NO_WAIT, labels, manifest, selector

Document = dict[str, Any]

PORT = 3000  # TCP
UID = 472  # user grafana of the image
DASHBOARDS = "jitsi-dashboards"
ADMIN_SECRET = "grafana-admin"  # noqa: S105
HOME = "jitsi-overview.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class GrafanaPods:
    """What it is made from. `texts` are the dashboards by file name."""

    namespace: str
    instance: str
    image: str
    prometheus_url: str
    texts: Mapping[str, str]

    @property
    def _labelled(self) -> dict[str, str]:
        return labels("grafana", self.instance)

    def _object(self, api_version: str, kind: str, name: str = "grafana", **body: Any) -> Document:
        return manifest(api_version, kind, name, self.namespace, self._labelled, **body)

    @property
    def _provisioning(self) -> dict[str, str]:
        source = {
            "name": "Prometheus",
            "uid": "prometheus",
            "type": "prometheus",
            "access": "proxy",
            "url": self.prometheus_url,
            "isDefault": True,
            "editable": False,
        }
        provider = {"name": "jitsi", "folder": "Jitsi", "type": "file", "options": {"path": "/dashboards"}}
        return {  # YAML takes JSON
            "datasources.yaml": json.dumps({"apiVersion": 1, "datasources": [source]}, indent=1),
            "dashboards.yaml": json.dumps({"apiVersion": 1, "providers": [provider]}, indent=1),
        }

    def secret(self, password: Any) -> Document:
        """The administrator's password."""
        return self._object("v1", "Secret", ADMIN_SECRET, type="Opaque", stringData={"password": password})

    def documents(self) -> dict[str, Document]:
        """Everything but the Deployment and the password, by part."""
        return {
            "config": self._object("v1", "ConfigMap", "grafana-provisioning", data=self._provisioning),
            "service": self._object(
                "v1",
                "Service",
                annotations=NO_WAIT,
                spec={
                    "selector": selector("grafana", self.instance),
                    "ports": [{"name": "http", "port": PORT, "targetPort": "http", "protocol": "TCP"}],
                },
            ),
            # kubectl port-forward comes through the kubelet, which no policy keeps out.
            "network-policy": self._object(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                spec={
                    "podSelector": {"matchLabels": selector("grafana", self.instance)},
                    "policyTypes": ["Ingress"],
                    "ingress": [],
                },
            ),
        }

    def workload(self, password_mark: Any) -> Document:
        """One replica without a volume: everything in it is provisioned, so nothing is lost with it."""
        settings = {
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
            "GF_NEWS_NEWS_FEED_ENABLED": "false",
            "GF_USERS_ALLOW_SIGN_UP": "false",
            "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": f"/dashboards/{HOME}",
        }
        admin = {
            "name": "GF_SECURITY_ADMIN_PASSWORD",
            "valueFrom": {"secretKeyRef": {"name": ADMIN_SECRET, "key": "password"}},
        }
        container = pod.container(
            "grafana",
            self.image,
            resources=pod.resources("50m", "256Mi"),
            env=[admin, *pod.environment(settings)],
            mounts={
                "/etc/grafana/provisioning/datasources/datasources.yaml": "!provisioning:datasources.yaml",
                "/etc/grafana/provisioning/dashboards/dashboards.yaml": "!provisioning:dashboards.yaml",
                "/dashboards": "!dashboards",
                "/var/lib/grafana": "data",
                "/tmp": "tmp",  # noqa: S108
            },
            ports=[{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
            startupProbe=pod.http_probe("/api/health", "http", period=5, failures=24),
            readinessProbe=pod.http_probe("/api/health", "http", period=5, failures=3),
            livenessProbe=pod.http_probe("/api/health", "http", period=15, failures=8),
        )
        template = pod.pod(
            labelled=self._labelled,
            annotations={
                "jitsi.org/password": password_mark,
                "jitsi.org/config": pod.text_hash(*self._provisioning.values()),
            },
            containers=[container],
            volumes=[
                pod.config_volume("provisioning", "grafana-provisioning"),
                pod.config_volume("dashboards", DASHBOARDS),
                {"name": "data", "emptyDir": {"sizeLimit": "256Mi"}},
                {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
            ],
            uid=UID,
        )
        return self._object(
            "apps/v1",
            "Deployment",
            spec={
                "replicas": 1,
                "selector": {"matchLabels": selector("grafana", self.instance)},
                "template": template,
            },
        )
