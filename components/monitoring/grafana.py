"""The managed Grafana: stateless, reachable through port-forward only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import SKIP_AWAIT, labels, selector
from config.metrics import PrometheusLogin
from sizing.parts import GRAFANA

DASHBOARDS = "jitsi-dashboards"
ADMIN_SECRET = "grafana-admin"  # noqa: S105
HOME = "jitsi-overview.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class GrafanaPods:
    """Inputs of the managed Grafana. `texts` maps file names to dashboards."""

    namespace: str
    instance: str
    image: str
    prometheus_url: str
    login: PrometheusLogin
    """What that Prometheus asks of Grafana."""
    texts: Mapping[str, str]

    @property
    def _labels(self) -> dict[str, str]:
        return labels("grafana", self.instance)

    def _object(self, api_version: str, kind: str, name: str = "grafana", **body: Any) -> Document:
        return manifest(api_version, kind, name, self.namespace, self._labels, **body)

    @property
    def _provisioning(self) -> dict[str, str]:
        source: Document = {
            "name": "Prometheus",
            "uid": "prometheus",
            "type": "prometheus",
            "access": "proxy",
            "url": self.prometheus_url,
            "isDefault": True,
            "editable": False,
        }
        headers = {
            **({"Authorization": "Bearer $PROMETHEUS_TOKEN"} if self.login.token else {}),
            **({"X-Scope-OrgID": self.login.tenant} if self.login.tenant else {}),
        }
        numbered = list(enumerate(headers, 1))
        plain: Document = {f"httpHeaderName{number}": name for number, name in numbered}
        secret: Document = {f"httpHeaderValue{number}": headers[name] for number, name in numbered}
        if self.login.ca:
            plain["tlsAuthWithCACert"], secret["tlsCACert"] = True, "$PROMETHEUS_CA"
        if plain:
            source |= {"jsonData": plain, "secureJsonData": secret}
        provider = {"name": "jitsi", "folder": "Jitsi", "type": "file", "options": {"path": "/dashboards"}}
        return {  # YAML takes JSON
            "datasources.yaml": json.dumps({"apiVersion": 1, "datasources": [source]}, indent=1),
            "dashboards.yaml": json.dumps({"apiVersion": 1, "providers": [provider]}, indent=1),
        }

    def _login_variables(self) -> list[Document]:
        """Variables that Grafana puts into the data source as it reads it."""
        read = {"PROMETHEUS_TOKEN": (self.login.token, "token"), "PROMETHEUS_CA": (self.login.ca, "ca.crt")}
        return [
            {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
            for name, (secret, key) in read.items()
            if secret
        ]

    def secret(self, password: Any) -> Document:
        """The administrator's password."""
        return self._object("v1", "Secret", ADMIN_SECRET, type="Opaque", stringData={"password": password})

    def documents(self) -> dict[str, Document]:
        """Return everything but the Deployment and the password, by part."""
        return {
            "config": self._object("v1", "ConfigMap", "grafana-provisioning", data=self._provisioning),
            "service": self._object(
                "v1",
                "Service",
                annotations=SKIP_AWAIT,
                spec={
                    "selector": selector("grafana", self.instance),
                    "ports": [{"name": "http", "port": GRAFANA.port("http"), "targetPort": "http", "protocol": "TCP"}],
                },
            ),
            # kubectl port-forward enters through the kubelet, which policies do not block.
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
        """Return a Deployment of one replica without a volume: everything in it is provisioned."""
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
        container = pod.part_container(
            GRAFANA,
            self.image,
            env=[admin, *self._login_variables(), *pod.environment(settings)],
            mounts={
                "/etc/grafana/provisioning/datasources/datasources.yaml": "!provisioning:datasources.yaml",
                "/etc/grafana/provisioning/dashboards/dashboards.yaml": "!provisioning:dashboards.yaml",
                "/dashboards": "!dashboards",
                "/var/lib/grafana": "data",
                "/tmp": "tmp",  # noqa: S108
            },
            startupProbe=pod.http_probe("/api/health", "http", period=5, failures=24),
            readinessProbe=pod.http_probe("/api/health", "http", period=5, failures=3),
            livenessProbe=pod.http_probe("/api/health", "http", period=15, failures=8),
        )
        template = pod.pod(
            labels=self._labels,
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
            uid=GRAFANA.image.uid,
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
