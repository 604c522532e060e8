"""The bridge's own config file, included last by the image: what no environment variable reaches."""

from config.shard import Shard
from plan.joining import participant_stress


def render(shard: Shard) -> str:
    """HOCON for /config/custom-jvb.conf.

    A leaving bridge waits `migrateAfter` for its meetings; then it reports that it shuts down, which makes jicofo move the
    participants that are left (the upstream defaults are 24 hours and 1 minute).
    """
    return "\n".join(
        (
            "videobridge {",
            "  shutdown {",
            f"    graceful-shutdown-max-duration = {shard.bridges.drain.migrate_after} seconds",
            "    shutting-down-delay = 60 seconds",
            "  }",
            "  load-management {",
            f"    average-participant-stress = {participant_stress(shard.bridges)}",
            "  }",
            "}",
            "",
        )
    )
