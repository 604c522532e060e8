"""Defaults of other programs that this one relies on: settings that nothing here sets, their values, and what would break without them.

Kubernetes' defaults of objects are in `components/kubernetes/defaults.py`; those of Scaleway's load balancer in `config/balancer.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProgramDefault:
    """A setting that is left to its program. `where` is the file that relies on it, and names it."""

    program: str
    setting: str
    value: str
    where: str
    why: str
    source: str


_HPA = "kube-controller-manager"
_FLAGS = "v1.35, --help"
_PROMETHEUS = "v3.5, --help"
_COTURN = "4.7, turnserver --help"
_AUTOSCALER = "cluster-autoscaler v1.35, FAQ"

PROGRAM_DEFAULTS = (
    ProgramDefault(
        _HPA,
        "--horizontal-pod-autoscaler-sync-period",
        "15s",
        "plan/simulate/hpa.py",
        "the size follows the load in this time",
        _FLAGS,
    ),
    ProgramDefault(
        _HPA,
        "--horizontal-pod-autoscaler-tolerance",
        "0.1",
        "plan/simulate/hpa_spec.py",
        "loads within 10 % of the target change nothing",
        _FLAGS,
    ),
    ProgramDefault(
        _HPA,
        "--horizontal-pod-autoscaler-downscale-stabilization",
        "5m0s",
        "plan/simulate/hpa_spec.py",
        "web pods and relays stay for 5 min; bridges and recorders set their own window",
        _FLAGS,
    ),
    ProgramDefault(
        _HPA,
        "--horizontal-pod-autoscaler-cpu-initialization-period",
        "5m0s",
        "plan/simulate/hpa_replicas.py",
        "a starting JVM's CPU asks for no more bridges",
        _FLAGS,
    ),
    ProgramDefault(
        _HPA,
        "--horizontal-pod-autoscaler-initial-readiness-delay",
        "30s",
        "plan/simulate/hpa_replicas.py",
        "a bridge counts as new until it is ready for the first time",
        _FLAGS,
    ),
    ProgramDefault(
        _HPA,
        "--node-monitor-grace-period",
        "50s",
        "components/kubernetes/pod.py",
        "a lost node is noticed; pods without calls leave 30 s later",
        _FLAGS,
    ),
    ProgramDefault(
        "kube-apiserver",
        "--service-node-port-range",
        "30000-32767",
        "config/bridges.py",
        "`layout: nodePort` takes its ports from it",
        _FLAGS,
    ),
    ProgramDefault(
        "kube-apiserver",
        "--default-unreachable-toleration-seconds",
        "300",
        "components/kubernetes/pod.py",
        "bridges stay on a node whose kubelet is cut off, as media may still flow",
        _FLAGS,
    ),
    ProgramDefault(
        "kube-proxy",
        "--nodeport-addresses",
        "",
        "components/bridges/workloads.py",
        "unset, a bridge's NodePort answers on every address of its node, the public one too",
        _FLAGS,
    ),
    ProgramDefault(
        "kube-proxy",
        "--conntrack-udp-timeout-stream",
        "",
        "components/bridges/workloads.py",
        "unset, it is the kernel's (120 s); ICE's consent checks keep a flow open every 5 s (RFC 7675)",
        _FLAGS,
    ),
    ProgramDefault(
        "kubelet",
        "syncFrequency",
        "1m",
        "components/metrics/prometheus.py",
        "changed ConfigMaps and accounts reach running pods within it",
        "v1.35, KubeletConfiguration",
    ),
    ProgramDefault(
        "cluster-autoscaler",
        "--scan-interval",
        "10s",
        "config/boot.py",
        "part of `bridges.scaling.bootTime`",
        _AUTOSCALER,
    ),
    ProgramDefault(
        "cluster-autoscaler",
        "--max-graceful-termination-sec",
        "600",
        "plan/findings/leaving.py",
        "of clusters of others: a longer drain is cut, and a finding says so; Kapsule's is set",
        _AUTOSCALER,
    ),
    ProgramDefault(
        "cluster-autoscaler",
        "--max-total-unready-percentage",
        "45",
        "sizing/standing_nodes.py",
        "above it no node is added while a zone is lost, and the report counts none",
        _AUTOSCALER,
    ),
    ProgramDefault(
        "cluster-autoscaler",
        "--ok-total-unready-count",
        "3",
        "sizing/standing_nodes.py",
        "as many nodes may be lost whatever their share",
        _AUTOSCALER,
    ),
    ProgramDefault(
        "prometheus",
        "--web.listen-address",
        "0.0.0.0:9090",
        "components/metrics/prometheus.py",
        "its port in Service and policies",
        _PROMETHEUS,
    ),
    ProgramDefault(
        "prometheus",
        "--web.enable-lifecycle",
        "false",
        "components/metrics/prometheus.py",
        "no pod that may read can stop it",
        _PROMETHEUS,
    ),
    ProgramDefault(
        "prometheus",
        "--web.enable-admin-api",
        "false",
        "components/metrics/prometheus.py",
        "no pod that may read can delete samples",
        _PROMETHEUS,
    ),
    ProgramDefault(
        "prometheus",
        "--query.timeout",
        "2m",
        "components/metrics/prometheus.py",
        "a dashboard cannot hold it for longer",
        _PROMETHEUS,
    ),
    ProgramDefault(
        "prometheus",
        "--query.max-samples",
        "50000000",
        "components/metrics/prometheus.py",
        "a query ends before the pod's memory does",
        _PROMETHEUS,
    ),
    ProgramDefault(
        "haproxy",
        "tune.bufsize",
        "16384",
        "components/ingress/haproxy_cfg.py",
        "a request's line and headers, with a token in its address",
        "3.2, haproxy -vv",
    ),
    ProgramDefault(
        "haproxy",
        "tune.maxrewrite",
        "1024",
        "components/ingress/haproxy_cfg.py",
        "of the buffer, kept for headers that the edge adds",
        "3.2, haproxy -vv",
    ),
    ProgramDefault(
        "coturn",
        "max-allocate-lifetime",
        "3600",
        "components/turn/coturn_conf.py",
        "a client that is gone keeps its relay so long at most",
        _COTURN,
    ),
    ProgramDefault("coturn", "channel-lifetime", "600", "components/turn/coturn_conf.py", "RFC 8656", _COTURN),
    ProgramDefault("coturn", "permission-lifetime", "300", "components/turn/coturn_conf.py", "RFC 8656", _COTURN),
    ProgramDefault(
        "prosody",
        "bosh_max_wait",
        "120",
        "components/ingress/haproxy_cfg.py",
        "clients ask for 60 s and get them: HAProxy's timeouts are longer",
        "13.0, mod_bosh.lua",
    ),
    ProgramDefault(
        "prosody",
        "bosh_max_inactivity",
        "60",
        "components/ingress/room_routing.py",
        "a silent BOSH session ends before the edge forgets its room",
        "13.0, mod_bosh.lua",
    ),
    ProgramDefault(
        "jicofo",
        "jicofo.bridge.stress-threshold",
        "0.8",
        "sizing/bridge_load.py",
        "a bridge is full where `participants` says",
        "stable-11146, reference.conf",
    ),
    ProgramDefault(
        "jicofo",
        "jicofo.rest.port",
        "8888",
        "sizing/addresses.py",
        "its metrics, and the health that the edge asks",
        "stable-11146, reference.conf",
    ),
    ProgramDefault(
        "cert-manager",
        "renewBefore",
        "a third of the lifetime",
        "components/ingress/manifests.py",
        "a certificate of 90 days is renewed 30 days before its end",
        "v1, Certificate",
    ),
)
