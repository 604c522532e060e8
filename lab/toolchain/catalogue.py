"""The tools, with their purpose and origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["up", "tests", "loop"]

KUBERNETES = "1.35.4"
ETCD = "3.6.10"
KWOK = "0.8.0"
PULUMI = "3.228.0"
KUBERNETES_PROVIDER = (
    "4.30.0"  # equal to the SDK pulumi-kubernetes in uv.lock: the engine requires the plugin of that version
)
SCALEWAY_PROVIDER = "1.53.0"  # equal to pulumiverse-scaleway in uv.lock
PROMETHEUS = "3.15.0"  # module version v0.315.0
CERT_MANAGER = "1.21.2"  # equal to CERT_MANAGER_VERSION in components/ingress/ingress_edge.py
PEBBLE = "2.10.3"
ACTIONLINT = "1.7.12"
VERSITYGW = "1.8.0"
GRAFANA_SCHEMA = "0.0.12"  # of the module generated from Grafana's schema

_KUBE = "k8s.io/component-base/version"
KUBE_STAMPS = (f"{_KUBE}.gitVersion=v{KUBERNETES}", f"{_KUBE}.gitMajor=1", f"{_KUBE}.gitMinor=35")
PROMETHEUS_STAMPS = (f"github.com/prometheus/common/version.Version={PROMETHEUS}",)
# Service discovery for Kubernetes and files only: the other clouds are half of Prometheus' build.
PROMETHEUS_TAGS = ("remove_all_sd", "enable_kubernetes_sd", "enable_file_sd", "netgo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One executable."""

    name: str
    why: str
    """Purpose, printed while it is built."""
    version: str
    groups: tuple[Group, ...]
    module: str
    """Folder below `modules/` whose go.mod and go.sum pin its sources."""
    package: str
    """Its main package."""
    step: int
    """Tools of one module and step are built by one `go build`; lower steps come first."""
    stamps: tuple[str, ...]
    """`variable=value` pairs set at link time."""
    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Folders of our own Go code in its module."""
    accepts: tuple[int, ...] = ()
    """A tool on PATH is used if its version begins with these numbers; empty for never."""
    at_least: tuple[int, ...] = ()
    """… and if it is not older than this."""
    plugin: str | None = None
    """Name as an engine plugin: the user's Pulumi home is searched for this exact version."""
    companions: tuple[tuple[str, str], ...] = ()
    """`(module, file in it)` to copy beside the built executable."""
    staged: tuple[str, str, tuple[str, ...]] | None = None
    """`(package, folder in its module, files)` to copy into the main package's `embed/` before building."""

    @property
    def built_name(self) -> str:
        """The executable's name after `go build`: the last element of the package path that is not a version."""
        parts = [part for part in self.package.split("/") if not (part[:1] == "v" and part[1:].isdigit())]
        return parts[-1]


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="etcd",
        why="database of the embedded cluster",
        version=ETCD,
        groups=("up",),
        module="engine",
        package="go.etcd.io/etcd/server/v3",
        step=0,
        stamps=(),
        accepts=(3,),
        at_least=(3, 5, 11),
    ),
    Tool(
        name="kube-apiserver",
        why="API that the program deploys to",
        version=KUBERNETES,
        groups=("up",),
        module="engine",
        package="k8s.io/kubernetes/cmd/kube-apiserver",
        step=0,
        stamps=KUBE_STAMPS,
        accepts=(1, 35),
    ),
    Tool(
        name="kube-controller-manager",
        why="runs controllers: Deployments, endpoints, autoscalers",
        version=KUBERNETES,
        groups=("up",),
        module="engine",
        package="k8s.io/kubernetes/cmd/kube-controller-manager",
        step=0,
        stamps=KUBE_STAMPS,
        accepts=(1, 35),
    ),
    Tool(
        name="kube-scheduler",
        why="assigns pods to nodes",
        version=KUBERNETES,
        groups=("up",),
        module="engine",
        package="k8s.io/kubernetes/cmd/kube-scheduler",
        step=0,
        stamps=KUBE_STAMPS,
        accepts=(1, 35),
    ),
    Tool(
        name="pulumi",
        why="engine that runs the program",
        version=PULUMI,
        groups=("up",),
        module="engine",
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        step=1,
        stamps=(f"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{PULUMI}",),
        accepts=(3,),
        at_least=(3, 228),
        companions=(("github.com/pulumi/pulumi/sdk/v3", "python/cmd/pulumi-language-python-exec"),),
    ),
    Tool(
        name="pulumi-resource-kubernetes",
        why="the engine's provider for the cluster",
        version=KUBERNETES_PROVIDER,
        groups=("up",),
        module="engine",
        package="./cmd/pulumi-resource-kubernetes",
        step=1,
        stamps=(f"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version={KUBERNETES_PROVIDER}",),
        sources=("cmd/pulumi-resource-kubernetes", "kubernetes-sdk"),
        plugin="kubernetes",
        staged=(
            "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version",
            "cmd/pulumi-resource-kubernetes",
            ("schema.json", "terraform-mapping.json"),
        ),
    ),
    Tool(
        name="pulumi-resource-scaleway",
        why="the engine's provider for Scaleway, here with an emulator",
        version=SCALEWAY_PROVIDER,
        groups=("up",),
        module="engine",
        package="./cmd/pulumi-resource-scaleway",
        step=1,
        stamps=(f"main.version={SCALEWAY_PROVIDER}",),
        sources=("cmd/pulumi-resource-scaleway",),
        plugin="scaleway",
    ),
    Tool(
        name="kwok",
        why="plays nodes and kubelets: pods become Ready, no container runs",
        version=KWOK,
        groups=("up",),
        module="kwok",
        package="sigs.k8s.io/kwok/cmd/kwok",
        step=0,
        stamps=(),
        accepts=(0,),
        at_least=(0, 7),
    ),
    Tool(
        name="promtool",
        why="checks and tests the alert rules",
        version=PROMETHEUS,
        groups=("tests",),
        module="prometheus",
        package="github.com/prometheus/prometheus/cmd/promtool",
        step=1,
        stamps=PROMETHEUS_STAMPS,
        tags=PROMETHEUS_TAGS,
        accepts=(3,),
    ),
    Tool(
        name="prometheus",
        why="scrapes as in production, with Kubernetes discovery",
        version=PROMETHEUS,
        groups=("tests", "loop"),
        module="prometheus",
        package="github.com/prometheus/prometheus/cmd/prometheus",
        step=1,
        stamps=PROMETHEUS_STAMPS,
        tags=PROMETHEUS_TAGS,
        accepts=(3,),
    ),
    Tool(
        name="prometheus-adapter",
        why="serves bridge metrics to the autoscaler",
        version="0.12.0",
        groups=("tests", "loop"),
        module="prometheus-adapter",
        package="sigs.k8s.io/prometheus-adapter/cmd/adapter",
        step=2,
        stamps=(),
    ),
    Tool(
        name="kube-proxy",
        why="forwards NodePorts in the rehearsal's nodes",
        version=KUBERNETES,
        groups=("tests", "loop"),
        module="kube-proxy",
        package="k8s.io/kubernetes/cmd/kube-proxy",
        step=2,
        stamps=KUBE_STAMPS,
        accepts=(1, 35),
    ),
    Tool(
        name="actionlint",
        why="checks the workflows",
        version=ACTIONLINT,
        groups=("tests",),
        module="actionlint",
        package="github.com/rhysd/actionlint/cmd/actionlint",
        step=3,
        stamps=(f"github.com/rhysd/actionlint.version={ACTIONLINT}",),
    ),
    Tool(
        name="versitygw",
        why="S3 server for the tests of recording uploads",
        version=VERSITYGW,
        groups=("tests",),
        module="versitygw",
        package="github.com/versity/versitygw/cmd/versitygw",
        step=4,
        stamps=(f"main.Version={VERSITYGW}",),
    ),
    Tool(
        name="dashboard-check",
        why="checks the dashboards against Grafana's schema",
        version=GRAFANA_SCHEMA,
        groups=("tests",),
        module="dashboards",
        package="./cmd/dashboard-check",
        step=5,
        stamps=(),
        sources=("cmd/dashboard-check",),
    ),
    Tool(
        name="kubectl",
        why="lists a running cluster for `plan verify --live` and `make call`",
        version=KUBERNETES,
        groups=("tests", "loop"),
        module="kubectl",
        package="./cmd/kubectl",
        step=6,
        stamps=KUBE_STAMPS,
        sources=("cmd/kubectl",),
    ),
    Tool(
        name="cert-manager",
        why="issues certificates over ACME, as in production",
        version=CERT_MANAGER,
        groups=("tests",),
        module="cert-manager",
        package="./cmd/cert-manager",
        step=7,
        stamps=(),
        sources=("cmd/cert-manager",),
    ),
    Tool(
        name="acmesolver",
        why="answers the challenges of cert-manager",
        version=CERT_MANAGER,
        groups=("tests",),
        module="cert-manager",
        package="./cmd/acmesolver",
        step=7,
        stamps=(),
        sources=("cmd/acmesolver",),
    ),
    Tool(
        name="pebble",
        why="ACME server, plays Let's Encrypt",
        version=PEBBLE,
        groups=("tests",),
        module="cert-manager",
        package="github.com/letsencrypt/pebble/v2/cmd/pebble",
        step=7,
        stamps=(f"main.version={PEBBLE}",),
    ),
)


def of_group(group: Group) -> tuple[Tool, ...]:
    """The tools of a group; `tests` and `loop` include `up`."""
    return tuple(tool for tool in TOOLS if "up" in tool.groups or group in tool.groups)
