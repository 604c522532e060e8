"""Kubernetes' defaults that the manifests rely on: what the API server sets where a manifest says nothing, and why that is right.

Sources: kubernetes v1.35, pkg/apis/{apps,core,batch,autoscaling,policy}/v*/defaults.go; for tolerations the admission plugin
DefaultTolerationSeconds; for windows and policies of autoscalers pkg/apis/autoscaling/v2/defaults.go.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Default:
    """A field below the object of a kind, and its value where it is missing."""

    kind: str
    """Kind of the object; or Pod, Container, Probe and Volume, which are parts of others."""
    field: str
    value: Any
    why: str = ""
    """Why the default is right wherever the field is missing; empty where every manifest must set it."""


DEFAULTS = (
    Default("Deployment", "replicas", 1, "an autoscaler owns the number (components/kubernetes/replicas.py)"),
    Default(
        "Deployment",
        "strategy",
        "25 % unavailable, 25 % surge",
        "rounds to none missing and one more, for one to three pods",
    ),
    Default("Deployment", "progressDeadlineSeconds", 600, "the engine waits as long; bridges, which drain, set it"),
    Default("Deployment", "minReadySeconds", 0, "a ready pod serves; bridges, which drain first, set it"),
    Default("Deployment", "revisionHistoryLimit", 10, "old ReplicaSets cost nothing"),
    Default("StatefulSet", "replicas", 1, "an autoscaler owns the number"),
    Default("StatefulSet", "podManagementPolicy", "OrderedReady"),
    Default(
        "StatefulSet",
        "updateStrategy",
        "RollingUpdate, from the highest ordinal, one by one",
        "pods leave one at a time",
    ),
    Default(
        "StatefulSet",
        "persistentVolumeClaimRetentionPolicy",
        "Retain",
        "claims outlive the workload; recorders, whose do not, set it",
    ),
    Default("StatefulSet", "minReadySeconds", 0, "a ready pod serves; bridges, which drain first, set it"),
    Default("StatefulSet", "revisionHistoryLimit", 10, "old revisions cost nothing"),
    Default(
        "DaemonSet",
        "updateStrategy",
        "RollingUpdate, 1 unavailable, no surge",
        "a host port is taken until the old pod is gone",
    ),
    Default("DaemonSet", "minReadySeconds", 0),
    Default("DaemonSet", "revisionHistoryLimit", 10, "old revisions cost nothing"),
    Default("CronJob", "concurrencyPolicy", "Allow"),
    Default("CronJob", "suspend", False, "placeholders follow the schedule"),
    Default("CronJob", "startingDeadlineSeconds", None, "a late placeholder is better than none"),
    Default("CronJob", "successfulJobsHistoryLimit", 3),
    Default("CronJob", "failedJobsHistoryLimit", 1),
    Default("Pod", "terminationGracePeriodSeconds", 30, "enough for what holds no call"),
    Default("Pod", "restartPolicy", "Always", "a part runs for ever; jobs set it"),
    Default("Pod", "dnsPolicy", "ClusterFirst", "parts find Services"),
    Default("Pod", "enableServiceLinks", True),
    Default("Pod", "automountServiceAccountToken", True),
    Default(
        "Pod", "tolerations", "leave a lost node after 300 s", "media may still flow when only the kubelet is cut off"
    ),
    Default("Pod", "hostNetwork", False, "host ports are single ports"),
    Default("Pod", "priorityClassName", "0, or the cluster's default class", "placeholders alone give way"),
    Default(
        "Container", "imagePullPolicy", "IfNotPresent, but Always for latest", "tags are releases, which do not change"
    ),
    Default("Container", "terminationMessagePath", "/dev/termination-log", "nobody reads it"),
    Default("Probe", "initialDelaySeconds", 0, "startup probes wait"),
    Default("Probe", "successThreshold", 1, "the API demands it of two of three kinds"),
    Default("Probe", "timeoutSeconds", 1),
    Default("Probe", "periodSeconds", 10),
    Default("Probe", "failureThreshold", 3),
    Default("Service", "type", "ClusterIP", "parts are inside; the edge and bridges set it"),
    Default("Service", "sessionAffinity", "None", "HAProxy keeps rooms together"),
    Default("Service", "internalTrafficPolicy", "Cluster", "any node's pod may answer"),
    Default("Service", "ipFamilyPolicy", "SingleStack", "the cluster decides; IPv6 ends at the load balancer"),
    Default("Service", "publishNotReadyAddresses", False, "pods get traffic once they are ready; peers set it"),
    Default("HorizontalPodAutoscaler", "minReplicas", 1),
    Default(
        "HorizontalPodAutoscaler",
        "behavior",
        "up at once, down after 300 s",
        "CPU of pods without calls; bridges and recorders set it",
    ),
    Default(
        "PodDisruptionBudget",
        "unhealthyPodEvictionPolicy",
        "IfHealthyBudget",
        "a pod that is not ready may still carry calls",
    ),
    Default(
        "PersistentVolumeClaim", "storageClassName", "the cluster's default class", "docs/existing.md asks for one"
    ),
    Default("PersistentVolumeClaim", "volumeMode", "Filesystem", "programs write files"),
)
