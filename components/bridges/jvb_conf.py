"""Settings of the bridge that have no environment variable: the custom config file, which the image includes last."""

from config.bridges import MOVE_SECONDS
from config.shard import Shard
from sizing.bridge_load import participant_stress


def render(shard: Shard, last_n: int | None = None) -> str:
    """HOCON for /config/custom-jvb.conf.

    A bridge in graceful shutdown waits `migrateAfter` seconds for its meetings to end. It then reports that it shuts down,
    jicofo moves the remaining participants, and the bridge exits a minute later (upstream: 24 hours and 1 minute). No one is
    moved earlier, not even the last participant, who may belong to a meeting on other bridges. `last_n` is the maximum number
    of videos that a participant receives, None for no limit. A bridge that asks STUN servers for its address is unhealthy while it
    has none: the image's check takes a pod's address in 100.64.0.0/10 for a public one. With `warmUp` a bridge starts in drain mode,
    which ready.sh ends once it is warm: jicofo prefers others until then, and has it if there are none.
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
            *(("  initial-drain-mode = true",) if shard.bridges.warm_up else ()),
            *(("  health {", "    require-stun = true", "  }") if shard.bridges.by_stun else ()),
            *(() if last_n is None else ("  cc {", f"    jvb-last-n = {last_n}", "  }")),
            "}",
            "",
        )
    )
