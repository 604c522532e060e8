"""The bridge's own config file, included last by the image: what no environment variable reaches."""

from config.bridges import MOVE_SECONDS
from config.shard import Shard
from plan.joining import participant_stress


def render(shard: Shard, last_n: int | None = None) -> str:
    """HOCON for /config/custom-jvb.conf.

    A leaving bridge waits `migrateAfter` for its meetings; then it reports that it shuts down, which makes jicofo move the
    participants that are left, and ends a minute later (upstream: 24 hours, and 1 minute too). Until `migrateAfter` nobody is
    moved, not even the last one: with relays one person here may be part of a meeting elsewhere. `last_n` is the most cameras that one
    participant is sent.
    """
    return "\n".join(
        (
            "videobridge {",
            "  shutdown {",
            f"    graceful-shutdown-max-duration = {shard.bridges.drain.migrate_after} seconds",
            "    graceful-shutdown-min-participants = 0",
            f"    shutting-down-delay = {MOVE_SECONDS} seconds",
            "  }",
            "  load-management {",
            f"    average-participant-stress = {participant_stress(shard.bridges)}",
            "  }",
            *(() if last_n is None else ("  cc {", f"    jvb-last-n = {last_n}", "  }")),
            "}",
            "",
        )
    )
