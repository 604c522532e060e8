"""The simulation loop: participants, jicofo, bridges, metrics, autoscaler, pods and nodes, in steps of five seconds."""

from typing import Any

from plan.simulate.account import Account
from plan.simulate.autoscaler import HpaOfWorkload, Stepper
from plan.simulate.bridge import CONTAINER_START, Bridge
from plan.simulate.hpa import SYNC_PERIOD
from plan.simulate.jicofo import Jicofo
from plan.simulate.nodes import SCAN, NodePool
from plan.simulate.policies import DECIDE_PERIOD
from plan.simulate.recorder import Recorder
from plan.simulate.settings import Settings
from plan.simulate.traces import Trace
from plan.simulate.workload import Workload, drain

STEP = 5
PRESENCE = 10  # a bridge measures its CPU every 10 s (JvbLoadManager)
FILL = 0.8  # utilisation of the bridges that run when a trace begins


class Day:
    """One simulation; deterministic for a trace, settings and seed."""

    def __init__(self, trace: Trace, settings: Settings, seed: int = 0, crash: int | None = None) -> None:
        self._trace = trace
        self._settings = settings
        standing = int(-(-trace.standing // (settings.capacity * FILL)))
        shares = len(settings.workloads)
        self._workloads = [
            Workload(
                f"jvb-{number}",
                rules,
                _within(rules.start, -(-standing // shares), settings, rules.spec.max if rules.spec else None),
                deletion_cost=bool(settings.deletion_cost),
                seed=seed * shares + number,
            )
            for number, rules in enumerate(settings.workloads)
        ]
        self._pool = NodePool(
            settings.nodes,
            trace.begins,
            [(workload.settings.slot, bridge) for workload in self._workloads for bridge in workload.bridges],
        )
        self._jicofo = Jicofo(settings.jicofo)
        self._hpas = [
            HpaOfWorkload(workload, workload.settings.spec, settings)
            for workload in self._workloads
            if workload.settings.spec and workload.settings.spec.min < workload.settings.spec.max
        ]
        self._stepper = Stepper(self._workloads[0], settings.steps) if settings.steps else None
        self._account = Account(settings.capacity, settings.nodes.per_node, STEP, trace.crowd)
        self._crash_at = crash
        self._crash: dict[str, Any] | None = None
        self._next_event = 0
        self._participants = 0
        self._recorder = Recorder(settings.metrics, settings.timetable)

    def run(self) -> dict[str, Any]:
        """Simulate the whole trace and return the result."""
        for now in range(self._trace.begins, self._trace.ends, STEP):
            self._step(now)
        node_hours, billed = self._pool.ended(self._trace.ends)
        result = self._account.result(
            moved=self._jicofo.moved,
            moved_in_vain=self._jicofo.moved_in_vain,
            node_hours=node_hours,
            billed_hours=billed,
            hourly=self._settings.hourly,
        )
        return result | {"crash": self._crash}

    def _step(self, now: int) -> None:
        redistribution = self._settings.jicofo.redistribution
        bridges = [bridge for workload in self._workloads for bridge in workload.bridges]
        open_bridges = [bridge for bridge in bridges if bridge.leaving_since is None and bridge.ready(now)]
        jicofo = self._jicofo
        jicofo.open = open_bridges
        if now % PRESENCE == 0:
            for bridge in bridges:
                bridge.reported = bridge.stress(self._settings.capacity)
        self._people(now)
        if self._crash_at is not None and now >= self._crash_at and open_bridges:
            self._crash_at = None
            self._lose(now, max(open_bridges, key=lambda bridge: bridge.load))
        jicofo.retry(now)
        self._nodes(now)
        for workload in self._workloads:
            self._account.cut += drain(now, workload, self._pool, jicofo, self._settings.leaving)
        for bridge in open_bridges:
            bridge.history.append(bridge.load)
        if self._settings.deletion_cost and now % self._settings.deletion_cost == 0:
            for bridge in open_bridges:
                bridge.deletion_cost = bridge.load
        self._scale(now)
        if redistribution and now % redistribution.interval == 0:
            jicofo.open = [bridge for bridge in open_bridges if bridge.leaving_since is None]
            jicofo.leaving = [bridge for bridge in bridges if bridge.leaving_since is not None and bridge.ready(now)]
            jicofo.redistribute(now)
        self._account.note(
            now,
            [bridge for workload in self._workloads for bridge in workload.bridges],
            participants=self._participants,
            waiting=sum(jicofo.waiting.values()),
            desired=sum(workload.desired for workload in self._workloads),
            nodes=len(self._pool.nodes),
        )

    def _people(self, now: int) -> None:
        events, jicofo = self._trace.events, self._jicofo
        while self._next_event < len(events) and events[self._next_event].time <= now:
            event = events[self._next_event]
            self._next_event += 1
            if event.what == "join":
                jicofo.join(now, event.room, event.people)
                self._participants += event.people
            elif event.what == "leave":
                self._participants -= jicofo.leave(event.room, event.people)
            else:
                self._participants -= jicofo.end(event.room)

    def _lose(self, now: int, bridge: Bridge) -> None:
        """End the process of a bridge, which starts again in its pod. Its people go on elsewhere, or wait."""
        people, silence = bridge.load, self._settings.crash_silence
        bridge.ready_at = now + CONTAINER_START
        self._jicofo.open = [other for other in self._jicofo.open if other is not bridge]
        self._jicofo.cut(now, bridge)
        waiting = sum(self._jicofo.waiting.values())
        self._crash = {
            "at": now,
            "participants": people,
            "waiting": waiting,
            "silentSeconds": silence,
            "silentParticipantSeconds": people * silence,
        }

    def _nodes(self, now: int) -> None:
        pending = 0
        for workload in self._workloads:
            unplaced = [bridge for bridge in workload.bridges if bridge.node is None and bridge.leaving_since is None]
            if unplaced:
                self._pool.place(now, workload.settings.slot, unplaced)
                pending += sum(bridge.node is None for bridge in unplaced)
        self._pool.hold_spares(now)
        if now % SCAN == 0:
            self._pool.autoscale(now, pending)

    def _scale(self, now: int) -> None:
        self._recorder.read(now, [bridge for workload in self._workloads for bridge in workload.bridges])
        for hpa in self._hpas:
            hpa.read(now)
        if now % SYNC_PERIOD == 0:
            for hpa in self._hpas:
                hpa.sync(now, self._recorder.totals)
        if self._stepper and now % DECIDE_PERIOD == 0:
            self._stepper.sync(now)
        for workload in self._workloads:
            workload.reconcile(now)


def _within(start: int, standing: int, settings: Settings, maximum: int | None) -> int:
    """Return the initial number of bridges: `start`, or enough for the trace's participants, up to the maximum."""
    limit = maximum if maximum is not None else settings.steps.max if settings.steps else start
    return max(start, min(standing, limit))


def simulate(trace: Trace, settings: Settings, seed: int = 0, crash: int | None = None) -> dict[str, Any]:
    """Return the result of one day, as `plan simulate --json` prints it. At the second `crash`, the fullest bridge crashes."""
    return Day(trace, settings, seed, crash).run()
