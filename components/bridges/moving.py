"""Bridges on a node pool that was replaced: the program ends once they have left.

Another node type, zone or root volume replaces a pool. The engine creates the new pool, then updates the bridges' workloads,
whose pods select the new pool by its name, and deletes the former pool last, after the program has ended. The workloads
are not awaited, so the program itself waits until no bridge runs on a former pool. An update that ends early has deleted
nothing, and the next one waits again.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.settings import get_engine

from components.bridges.pods import bridge_selector
from components.kubernetes.cluster_reader import ClusterReader, cluster_reader
from components.kubernetes.labels import SHARD_LABEL
from config.model import format_duration
from config.shard import Shard

POLL_SECONDS = 5.0
FINISHED = ("Succeeded", "Failed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Former:
    """Bridges of a shard that still run on nodes of former pools."""

    reader: ClusterReader
    namespace: str
    shard: Shard
    pool: Mapping[str, str]
    """Label of the nodes of the present pool."""

    def bridges(self) -> frozenset[str]:
        """Return the names of the pods, leaving ones included.

        Raises:
            OSError: the API server does not answer.
        """
        others = ",".join([f"{SHARD_LABEL}={self.shard.name}", *(f"{key}!={name}" for key, name in self.pool.items())])
        nodes = {node["metadata"]["name"] for node in self.reader.items("/api/v1/nodes", labelSelector=others)}
        if not nodes:
            return frozenset()
        own = ",".join(f"{key}={value}" for key, value in bridge_selector(self.shard).items())
        pods = self.reader.items(f"/api/v1/namespaces/{self.namespace}/pods", labelSelector=own)
        return frozenset(
            pod["metadata"]["name"]
            for pod in pods
            if pod["spec"].get("nodeName") in nodes and pod.get("status", {}).get("phase") not in FINISHED
        )


async def wait(
    bridges: Callable[[], frozenset[str]],
    shard: str,
    patience: float,
    *,
    say: Callable[[str], None],
    poll: float = POLL_SECONDS,
) -> None:
    """Return once `bridges()` is empty. `patience` is in seconds, counted from the last bridge that left.

    Raises:
        pulumi.RunError: no bridge left for `patience`, or the API server did not answer for so long.
    """
    last: frozenset[str] | None = None
    reason, since = "", time.monotonic()
    while True:
        try:
            left = await asyncio.to_thread(bridges)
        except OSError as error:
            left, reason = None, f" (the API server does not answer: {error})"
        if left is not None:
            if not left:
                return
            if last is None or last - left:
                since = time.monotonic()
                say(f"{shard}: {len(left)} of its bridges are on the former node pool, which is deleted once they left")
            last, reason = left, ""
        if time.monotonic() - since > patience:
            raise pulumi.RunError(
                f"{shard}: no bridge has left the former node pool for {format_duration(int(patience))}{reason}; still there: "
                f"{', '.join(sorted(last or ())) or 'unknown'}. Nothing was deleted. Find out why their replacements do not "
                "become ready (kubectl describe pod), then run `pulumi up` again, which goes on waiting"
            )
        await asyncio.sleep(poll)


def wait_for_former(
    kubeconfig: pulumi.Output[str],
    namespace: str,
    shard: Shard,
    pool: Mapping[str, pulumi.Input[str]],
    workloads: list[pulumi.Resource],
) -> None:
    """Keep the program running until the workloads were updated and no bridge is on a former pool. Previews do not wait."""
    if pulumi.runtime.is_dry_run() or isinstance(get_engine(), MockEngine):
        return

    async def left(values: list[object]) -> None:
        kubeconfig_text, now, _ = values
        former = Former(
            reader=cluster_reader(str(kubeconfig_text)),
            namespace=namespace,
            shard=shard,
            pool={str(key): str(name) for key, name in dict(now).items()},  # type: ignore[call-overload]
        )
        await wait(former.bridges, shard.name, shard.bridges.progress_seconds, say=pulumi.log.info)

    pulumi.Output.all(kubeconfig, dict(pool), [workload.urn for workload in workloads]).apply(left)
