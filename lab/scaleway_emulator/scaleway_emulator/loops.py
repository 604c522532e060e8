"""The loops beside the HTTP server: nodes and Services, and the autoscaler, each at its own interval."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scaleway_emulator.autoscaler.autoscaler import Autoscaler
from scaleway_emulator.cluster import nodes, outages
from scaleway_emulator.cluster.cloud_controller import CloudController
from scaleway_emulator.cluster.kube import Kube, Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scaleway_emulator.server import Emulator


def loops(emulator: Emulator) -> list[Callable[[], Awaitable[None]]]:
    """The loops of an emulator; none without a control plane."""
    options, state = emulator.options, emulator.store.state
    if options.kubeconfig is None:
        return []
    kube = Kube(emulator.control_plane)
    controller = CloudController(kube, state, emulator.say)
    autoscaler = Autoscaler(kube, state, options, emulator.say)

    async def reconcile() -> None:
        emulator.advance()
        if state.clusters or state.nodes or state.load_balancers:
            await outages.reconcile(kube, state)
            items = await kube.items(nodes.NODES)
            await nodes.reconcile(kube, state, options, emulator.clock(), items)
            await controller.reconcile(items)

    async def scan() -> None:
        await autoscaler.scan(emulator.clock())

    return [
        lambda: every(options.reconcile_interval, reconcile, emulator, "nodes and Services"),
        lambda: every(options.autoscaler_interval, scan, emulator, "autoscaler"),
    ]


async def every(interval: float, work: Callable[[], Awaitable[None]], emulator: Emulator, name: str) -> None:
    """Call `work` forever; say once that the API server is away, and once that it is back."""
    away = ""
    while True:
        try:
            await work()
            emulator.store.save()
            if away:
                emulator.say(f"{name}: the API server is back")
            away = ""
        except Unreachable as error:
            if not away:
                emulator.say(f"{name}: waiting for the API server ({error})")
            away = str(error)
        except Exception as error:  # noqa: BLE001 - a loop that ends looks like a cloud that stopped
            emulator.say(f"{name}: {type(error).__name__}: {error}")
        await asyncio.sleep(interval)
