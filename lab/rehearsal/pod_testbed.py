"""An embedded cluster whose pods of some components run as processes, started and stopped together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from lab import ports
from lab.cluster.api import Api
from lab.embedded import Embedded
from lab.paths import Paths
from lab.rehearsal import kwok_stages, pod_network
from lab.rehearsal.kubelet import Kubelet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lab.rehearsal.container import Image
    from lab.toolchain.prepare import Toolchain


class PodTestbed:
    """A context manager that stops at its end what it has started, also if only a part of it has."""

    closed: ClassVar[tuple[str, ...]] = ("kubelet", "forwarder")
    """Attributes to close at the end, in this order; one that was never set is left out."""

    def __init__(
        self,
        folder: Path,
        toolchain: Toolchain,
        note: Callable[..., None],
        components: Sequence[str],
        *,
        cloud: tuple[str, ...],
        controllers: tuple[str, ...] = (),
    ) -> None:
        self.folder = folder
        self.note = note
        self.components = tuple(components)
        self.embedded = Embedded(
            Paths(folder / "embedded"),
            toolchain,
            controller_arguments=controllers,
            emulator_arguments=cloud,
            stages=kwok_stages.write(folder / "kwok", self.components),
            say=lambda line: note("embedded", text=line),
        )
        self._tools = toolchain.paths

    def __enter__(self) -> Self:
        try:
            pod_network.prepare()
            self.embedded.start()
            self.forwarder = pod_network.ApiForwarder(ports.remembered(self.embedded.paths.ports)["api"])
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        """Start the rest once the cluster runs; it calls `_run_pods`."""
        raise NotImplementedError

    def _run_pods(self, images: Mapping[str, Image]) -> None:
        """Run the pods of the components, by name."""
        kubeconfig, proxy = self.embedded.paths.kubeconfig, self._tools["kube-proxy"]
        self.kubelet = Kubelet(kubeconfig, self.folder / "kubelet", images, self.note, proxy=proxy)
        self.api = Api(kubeconfig, timeout=30)  # a busy machine may be slow

    def __exit__(self, *_: object) -> None:
        for part in self.closed:
            if started := getattr(self, part, None):
                started.close()
        self.embedded.stop()
