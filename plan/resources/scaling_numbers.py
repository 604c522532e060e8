"""Rule about the numbers on which bridges and recorders scale: adapters' answers, evaluated over invented worlds.

In each world the right answer is known by its making. An expression that counts a leaving bridge, forgets one that is silent, or
exaggerates growth gives another one.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from components.metrics.names import EXPECTED, PARTICIPANTS, RECORDERS_WANTED, STRESS, TRANSMIT_KBPS
from config.shard import Shard
from plan.findings.rule import Hit, rule
from plan.promql.evaluate import Evaluation
from plan.promql.nodes import PromqlError
from plan.promql.parse import parse
from plan.promql.series import Source, Stream, Vector
from plan.recorder import Resource
from plan.resources.autoscaler_metrics import asked_source
from plan.resources.custom_metrics import Adapter, Asked, adapters, asked_metrics, expression, shard_autoscalers
from plan.resources.files import is_unknown
from plan.resources.made import Resources
from plan.resources.selection import namespace_of
from plan.resources.targets import is_readable, stack_pods
from sizing.bridge_load import MAX_GROWTH_FACTOR
from sizing.parts import JIBRI, JICOFO

NOW = 1_800_000_000.0
"""Any instant; a multiple of every scrape interval."""
LEAVING = ("jitsi_jvb_drain_mode", "jitsi_jvb_graceful_shutdown", "jitsi_jvb_shutting_down")
FOCUS = 500
"""Participants that jicofo counts: another number than that of the bridges."""
TOLERANCE = 0.02
"""Share by which a slope of samples may differ from the growth that made them."""
SILENT_SECONDS = 120
GONE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class World:
    """Bridges of a shard: participants and growth per second of each, one that leaves, one that is silent, or all silent."""

    title: str
    growth: float = 0.0
    leaving: str = ""
    """The series that is 1 on the last bridge."""
    silent: int = 0
    """Seconds for which the first bridge, or with `all_silent` every bridge, has not answered."""
    all_silent: bool = False


WORLDS = (
    World("bridges at rest"),
    World("a crowd that joins", growth=0.1),
    World("a crowd that joins at once", growth=40.0),
    World("participants who leave", growth=-0.05),
    *(World(f"a bridge that leaves ({name.rpartition('jvb_')[2]})", growth=0.1, leaving=name) for name in LEAVING),
    World("a bridge that has been silent for two minutes", silent=SILENT_SECONDS),
    World("no bridge that answers", silent=GONE_SECONDS, all_silent=True),
)
PER_BRIDGE = {
    STRESS: ("jitsi_jvb_stress", 1.0),
    PARTICIPANTS: ("jitsi_jvb_local_endpoints", 1.0),
    TRANSMIT_KBPS: ("jitsi_jvb_outgoing_bitrate", 0.001),
}
"""Metric of each bridge -> series and factor (a bridge counts bit/s)."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """One bridge of a world, by its place among the shard's."""

    place: int
    last: bool
    world: World

    @property
    def people(self) -> int:
        """Participants now."""
        return 40 + 10 * self.place

    @property
    def quiet(self) -> int:
        """Seconds for which it has not answered."""
        return self.world.silent if self.world.all_silent or not self.place else 0

    @property
    def leaves(self) -> bool:
        """Whether it takes nobody any more."""
        return bool(self.world.leaving) and self.last

    def value(self, name: str, time: float) -> float | None:
        """Return a series' value at an instant; None if it did not answer."""
        if name == "up":
            return float(time <= NOW - self.quiet)
        if time > NOW - self.quiet:
            return None
        if name in LEAVING:
            return float(self.leaves and name == self.world.leaving)
        known = {
            "jitsi_jvb_local_endpoints": self.people + self.world.growth * (time - NOW),
            "jitsi_jvb_stress": 0.3 + 0.1 * self.place,
            "jitsi_jvb_outgoing_bitrate": 1e7 * (1 + self.place),
        }
        return known.get(name, 1.0)


def _peopled(source: Source, of: Callable[[str, str, float], float | None]) -> Source:
    """Return the same series with other values: `of` gives those of a series' pod."""

    def sampled(name: str, stream: Stream) -> Stream:
        pod = dict(stream.labels).get("pod", "")
        return replace(stream, sample=lambda time: of(name, pod, time))

    streams = {
        name: [sampled(name, each) for each in listed] for name, listed in source.streams.items() if name in _READ
    }
    return replace(source, streams=streams)


_READ = {
    "up",
    *LEAVING,
    *(series for series, _ in PER_BRIDGE.values()),
    "jitsi_jicofo_participants_current",
    "jitsi_jicofo_conferences",
    "jitsi_jicofo_jibri_instances",
    "jitsi_jicofo_jibri_instances_available",
    "jibri_occupied",
}
"""Series on which anything scales."""


@rule("scaling-number-wrong", "error")
def scaling_number_wrong(stack: Resources) -> Iterator[Hit]:
    """A number that an autoscaler is answered is not that of its bridges or recorders."""
    if not is_readable(stack):
        return
    for adapter in adapters(stack):
        if adapter.collects or adapter.file is None or is_unknown(adapter.file.text):
            continue
        try:
            source = asked_source(stack, adapter)
        except PromqlError:
            return  # metrics-not-scraped names it
        for shard in stack.config.resolved:
            if shard.bridges.topology == "autoscaled":
                yield from _shard(stack, adapter, source, shard)
        yield from _recorders(stack, adapter, source)


@dataclass(frozen=True, slots=True)
class Played:
    """A world in which adapters answer; `answers` keeps those of expressions that several autoscalers send."""

    title: str
    source: Source
    answers: dict[str, Vector] = field(default_factory=dict)

    def answer(self, text: str) -> Vector:
        """Return what an expression gives now; nothing if it cannot be evaluated, which autoscaler-unserved names."""
        if text not in self.answers:
            try:
                self.answers[text] = Evaluation(self.source, [NOW]).vector(parse(text))
            except PromqlError:
                self.answers[text] = {}
        return self.answers[text]


def _shard(stack: Resources, adapter: Adapter, source: Source, shard: Shard) -> Iterator[Hit]:
    pairs = shard_autoscalers(stack, shard.name)
    pods = [pod.name for workload, _ in pairs for pod in stack_pods(stack) if pod.pods.workload is workload]
    for world in WORLDS:
        if world.leaving and len(pods) < 2:  # noqa: PLR2004
            continue
        bridges = {name: Bridge(place, name == pods[-1], world) for place, name in enumerate(pods)}

        def value(name: str, pod: str, time: float, bridges: dict[str, Bridge] = bridges) -> float | None:
            if pod in bridges:
                return bridges[pod].value(name, time)
            return float(FOCUS) if name == "jitsi_jicofo_participants_current" else 0.0

        played = Played(world.title, _peopled(source, value))
        for workload, autoscaler in pairs:
            own = {each.name: bridges[each.name] for each in stack_pods(stack) if each.pods.workload is workload}
            for asked in asked_metrics(autoscaler):
                if asked.name == EXPECTED:
                    due = {namespace_of(autoscaler): _expected(shard, bridges, world)}
                    yield from _compared(adapter, played, autoscaler, asked, due)
                elif asked.name in PER_BRIDGE and (world is WORLDS[0] or world.leaving):
                    yield from _compared(adapter, played, autoscaler, asked, _each(asked, own), pods=own)


def _each(asked: Asked, own: dict[str, Bridge]) -> dict[str, float]:
    """Return the right value of each bridge that stays."""
    series, factor = PER_BRIDGE[asked.name]
    values = {name: one.value(series, NOW) for name, one in own.items() if not one.leaves}
    return {name: value * factor for name, value in values.items() if value is not None}


def _expected(shard: Shard, bridges: dict[str, Bridge], world: World) -> float:
    """Participants to be ready for: those of bridges that stay, and the growth of all, at most as many again."""
    if world.all_silent:
        return FOCUS
    there = sum(bridge.people + world.growth * -bridge.quiet for bridge in bridges.values() if not bridge.leaves)
    growth = world.growth * sum(not bridge.quiet for bridge in bridges.values())
    return there + min(max(0.0, growth) * shard.bridges.scaling.look_ahead, (MAX_GROWTH_FACTOR - 1) * there)


def _compared(
    adapter: Adapter,
    played: Played,
    autoscaler: Resource,
    asked: Asked,
    due: dict[str, float],
    *,
    pods: Iterable[str] = (),
) -> Iterator[Hit]:
    """Ask for a metric of `pods`, or of the namespace, and compare it with what is due."""
    try:
        text = expression(adapter, asked, namespace_of(autoscaler), "|".join(map(re.escape, pods)))
    except PromqlError:
        return  # autoscaler-unserved names it
    label = "pod" if pods else "namespace"
    got = {
        str(dict(labels).get(label)): values[0]
        for labels, values in played.answer(text).items()
        if values[0] is not None
    }
    for name in sorted(due.keys() | got.keys()):
        is_, should = got.get(name), due.get(name)
        if is_ is None or should is None or abs(is_ - should) > TOLERANCE * max(1.0, abs(should)):
            yield Hit(
                f"{autoscaler.name}.spec.metrics",
                f"with {played.title}, {asked.name} of {name} is {'nothing' if is_ is None else f'{is_:g}'}, and "
                f"{'nothing' if should is None else f'{should:g}'} is right: "
                + ("too few" if (is_ or 0) < (should or 0) else "too many")
                + f" {'recorders' if asked.name == RECORDERS_WANTED else 'bridges'} run",
                "compare the recording rules and the adapter's query with `make render` of an unchanged stack",
            )
            return


def _recorders(stack: Resources, adapter: Adapter, source: Source) -> Iterator[Hit]:
    recording = stack.config.recording
    if recording is None:
        return
    pods = [pod.name for pod in stack_pods(stack) if pod.pods.component == JIBRI.name]
    focus = [pod.name for pod in stack_pods(stack) if pod.pods.component == JICOFO.name]
    for busy, silent in ((0, False), (1, False), (len(pods), False), (len(pods), True)):

        def value(name: str, pod: str, time: float, busy: int = busy, *, silent: bool = silent) -> float | None:
            if pod in pods:
                gone = silent and time > NOW - GONE_SECONDS
                return None if gone and name != "up" else float(not gone if name == "up" else pods.index(pod) < busy)
            known = {"jitsi_jicofo_jibri_instances": 3.0, "jitsi_jicofo_jibri_instances_available": 1.0}
            return known.get(name, 1.0) if pod in focus else 0.0

        taken = 2 if silent else busy
        title = "no recorder that answers" if silent else f"{busy} of {len(pods)} recorders taken"
        for autoscaler in stack.of("HorizontalPodAutoscaler"):
            for asked in asked_metrics(autoscaler):
                if asked.name == RECORDERS_WANTED:
                    due = {namespace_of(autoscaler): float(taken + recording.idle)}
                    yield from _compared(adapter, Played(title, _peopled(source, value)), autoscaler, asked, due)
