"""What runs beside the HTTP server: nodes and Services, and the autoscaler, each at its own interval."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from local.scaleway import nodes
from local.scaleway.autoscaler import Autoscaler
from local.scaleway.cloud_controller import CloudController
from local.scaleway.kube import Kube, Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from local.scaleway.server import Emulator


def loops(emulator: Emulator) -> list[Callable[[], Awaitable[None]]]:
    """The loops of an emulator; none without a control plane to look at."""
    options, state = emulator.options, emulator.store.state
    if options.kubeconfig is None:
        return []
    kube = Kube(emulator.control_plane)
    controller = CloudController(kube, state, emulator.say)
    autoscaler = Autoscaler(kube, state, options, emulator.say)

    async def look() -> None:
        emulator.advance()
        if state.clusters or state.nodes or state.load_balancers:
            seen = await kube.items(nodes.NODES)
            await nodes.reconcile(kube, state, options, emulator.clock(), seen)
            await controller.reconcile(seen)

    async def scan() -> None:
        await autoscaler.scan(emulator.clock())

    return [
        lambda: every(options.reconcile_interval, look, emulator, "nodes and Services"),
        lambda: every(options.autoscaler_interval, scan, emulator, "autoscaler"),
    ]


async def every(interval: float, work: Callable[[], Awaitable[None]], emulator: Emulator, name: str) -> None:
    """Do `work` again and again. While the API server is away say so once, and once when it is back."""
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
        except Exception as error:  # noqa: BLE001 - a loop that ends would look like a cloud that stopped
            emulator.say(f"{name}: {type(error).__name__}: {error}")
        await asyncio.sleep(interval)
