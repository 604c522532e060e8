"""CPU and packets of a bridge, read in its pod through kubectl."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from probe.kubectl import kubectl

_CONTAINER = "jvb"
_READ = (
    "cat /sys/fs/cgroup/cpu.stat; curl -s -m 5 -H 'Accept: text/plain' http://127.0.0.1:8080/metrics; "
    "read -r up rest </proc/uptime; echo uptime $up"
)
TIMEOUT_SECONDS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """Counters and rates of a bridge at one moment, or, between two, what it used.

    A bridge counts packets only when their receiver has left, so its traffic is read as rates of the last seconds.
    """

    uptime: float
    cpu_seconds: float
    packets_per_second: float
    """Media packets in and out."""
    bits_per_second: float
    """Sent."""


def over(looks: Sequence[Used]) -> Used:
    """What was used from the first look to the last; `uptime` is the time between the two, rates are means of all looks."""
    first, last = looks[0], looks[-1]
    return Used(
        uptime=last.uptime - first.uptime,
        cpu_seconds=last.cpu_seconds - first.cpu_seconds,
        packets_per_second=fmean(each.packets_per_second for each in looks),
        bits_per_second=fmean(each.bits_per_second for each in looks),
    )


def parsed(text: str) -> Used:
    """Counters in cgroup's cpu.stat, the bridge's metrics and the node's uptime.

    Raises:
        ValueError: one of them is missing.
    """

    def value(name: str) -> float:
        found = re.search(rf"^{name}(?:\{{[^}}]*\}})? ([0-9.eE+]+)", text, re.MULTILINE)
        if found is None:
            raise ValueError(f"the bridge's pod tells no {name}")
        return float(found[1])

    return Used(
        uptime=value("uptime"),
        cpu_seconds=value("usage_usec") / 1e6,
        packets_per_second=value("jitsi_jvb_incoming_packet_rate") + value("jitsi_jvb_outgoing_packet_rate"),
        bits_per_second=value("jitsi_jvb_outgoing_bitrate"),
    )


def used(namespace: str, pod: str) -> Used:
    """Read the counters of a bridge's pod.

    Raises:
        OSError: kubectl is missing, or may not run commands in the pod.
        ValueError: the pod tells no counters.
    """
    command = ("exec", "-n", namespace, pod, "-c", _CONTAINER, "--", "sh", "-c", _READ)
    return parsed(kubectl(*command, seconds=TIMEOUT_SECONDS))


def as_document(spent: Used, streams: int) -> dict[str, float]:
    """What a load cost the bridge: cores, and cores for each forwarded stream, Mbit/s and packet."""
    cores = spent.cpu_seconds / spent.uptime if spent.uptime else 0.0
    mbits = spent.bits_per_second / 1e6
    return {
        "seconds": round(spent.uptime, 1),
        "cores": round(cores, 4),
        "streams": streams,
        "coresPerStream": round(cores / streams, 5) if streams else 0.0,
        "mbitsSent": round(mbits, 2),
        "coresPerMbit": round(cores / mbits, 4) if mbits else 0.0,
        "microsecondsPerPacket": round(cores * 1e6 / spent.packets_per_second, 1) if spent.packets_per_second else 0.0,
    }


def as_text(document: dict[str, float]) -> str:
    """The same in a line."""
    return (
        f"bridge: {document['cores']:.3f} cores over {document['seconds']:.0f} s for {document['streams']:.0f} forwarded streams "
        f"and {document['mbitsSent']:.2f} Mbit/s sent: {document['coresPerStream']:.4f} cores per stream, "
        f"{document['coresPerMbit']:.3f} per Mbit/s, {document['microsecondsPerPacket']:.0f} us per packet in or out"
    )
