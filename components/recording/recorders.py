"""The recorders of a stack, with what sizes them and the keys that they use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.children import child_options
from components.kubernetes_object import KubernetesObject
from components.recording.autoscaling import autoscaler
from components.recording.pods import RecorderPods
from config.metrics import Metrics
from config.passwords import RECORDER_USERS, fingerprint, password
from plan.drain import NAMESPACE_MARGIN_SECONDS
from plan.recording_pool import recorder_grace_seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordersArgs:
    """Inputs of `Recorders`; `reader` is the network policy's peer that may read metrics."""

    pods: RecorderPods
    metrics: Metrics
    reader: Mapping[str, Any]
    access_key: pulumi.Output[str]
    secret_key: pulumi.Output[str]
    seed: pulumi.Output[str]
    secret_generations: Mapping[str, int]


def account_passwords(seed: pulumi.Output[str], generations: Mapping[str, int]) -> dict[str, pulumi.Output[str]]:
    """The passwords of the recorders' accounts, alike on every shard, by variable."""
    return {key: seed.apply(lambda text, of=of: password(text, of, generations)) for key, of in RECORDER_USERS.items()}


class Recorders(pulumi.ComponentResource):
    """Recorders for all shards. Outbound only, but for TCP 9464: their metrics, for one reader."""

    def __init__(self, name: str, args: RecordersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:recording:Recorders", name, None, opts)
        self._name = name
        self._opts = opts
        pods = args.pods
        needs = [
            self._make("config", pods.config_map()),
            self._make("passwords", pods.passwords(account_passwords(args.seed, args.secret_generations))),
            self._make("store", pods.store_secret(args.access_key, args.secret_key)),
            self._make("policy", pods.network_policy(dict(args.reader))),
        ]
        self._make("headless", pods.headless_service())
        # CRITICAL: whatever a leaving recorder needs for its last upload must be needed here, so that it goes afterwards.
        leaving = f"{recorder_grace_seconds(pods.recording) + NAMESPACE_MARGIN_SECONDS}s"
        KubernetesObject(
            f"{name}-workload",
            pods.workload(),
            pulumi.ResourceOptions.merge(
                child_options(self, opts, *needs),
                pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(delete=leaving)),
            ),
        )
        self._make("budget", pods.disruption_budget())
        self._make("autoscaler", autoscaler(pods, args.metrics))
        self.register_outputs({})

    def _make(self, part: str, document: Mapping[str, Any]) -> KubernetesObject:
        return KubernetesObject(f"{self._name}-{part}", document, child_options(self, self._opts))


def passwords_mark(seed: pulumi.Output[str], generations: Mapping[str, int]) -> dict[str, pulumi.Output[str]]:
    """Annotation that rolls the recorders when one of their accounts' passwords has changed, and tells nothing about it."""
    mark = seed.apply(lambda text: fingerprint(text, list(RECORDER_USERS.values()), generations))
    return {"jitsi.org/passwords": pulumi.Output.unsecret(mark)}
