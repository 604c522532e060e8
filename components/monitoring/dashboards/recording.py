"""Recording: are recorders free, does every recording reach the bucket."""

from typing import Any

from components.metrics.names import RECORDED_RECORDERS
from components.monitoring.dashboards.panels import Dashboard, Panel, Query, template
from components.monitoring.facts import MonitoringFacts

GIB = 2**30


@template(lambda facts: bool(facts.recorders))
def recording(facts: MonitoringFacts) -> Dashboard:
    """Return the dashboard. A recorder is occupied while it records, is unhealthy, or lacks space for another recording."""
    own = f"{{{facts.namespace_matcher}}}"
    jibri = f'{{{facts.namespace_matcher},component="jibri"}}'
    answers = f'up{{{facts.namespace_matcher},component="jibri"}} == 1'
    big: dict[str, Any] = {"kind": "stat", "width": 6, "height": 5}

    def each(title: str, description: str, series: str, **options: Any) -> Panel:
        return Panel(
            title=title,
            description=description,
            queries=[Query(f"max by (pod) ({series}{jibri})", "{{pod}}")],
            **options,
        )

    def rate(title: str, description: str, series: str) -> Panel:
        return Panel(
            title=title, description=description, queries=[Query(f"sum(increase({series}{jibri}[1h]))", "in an hour")]
        )

    return Dashboard(
        uid="jitsi-recording",
        title="Jitsi: recording",
        description="Is a recorder free, and does every recording reach the bucket",
        version=1,
        rows=[
            (
                "Now",
                [
                    Panel(
                        title="Recordings and streams",
                        description="Recorders that are recording or streaming now.",
                        queries=[Query(f"sum(jibri_busy{jibri})", "recording")],
                        **big,
                    ),
                    Panel(
                        title="Free recorders",
                        description="0: anyone who starts a recording is told that all recorders are busy.",
                        queries=[Query(f"count(jibri_occupied{jibri} == 0) or vector(0)", "free")],
                        thresholds=(1,),
                        lower_is_worse=True,
                        **big,
                    ),
                    Panel(
                        title="Recordings not uploaded yet",
                        description="Recordings on the recorders' volumes. Each is uploaded after it ends, and retried until the upload succeeds.",
                        queries=[Query(f"sum(jibri_uploads_pending{jibri})", "pending")],
                        thresholds=(3, 10),
                        **big,
                    ),
                    Panel(
                        title="Oldest recording not uploaded",
                        description="Minutes are normal for a long recording. After hours, the bucket is probably refusing it.",
                        queries=[Query(f"max(jibri_upload_oldest_seconds{jibri})", "age")],
                        unit="s",
                        thresholds=(1800, 7200),
                        **big,
                    ),
                ],
            ),
            (
                "Recorders",
                [
                    Panel(
                        title="Recorders: desired, running, occupied, maximum",
                        description="Desired is the number of occupied recorders plus the idle reserve.",
                        queries=[
                            Query(f"{RECORDED_RECORDERS}{own}", "desired"),
                            Query(f"count({answers})", "running"),
                            Query(f"sum(jibri_occupied{jibri})", "occupied"),
                            Query(f"vector({facts.recorders})", "maximum"),
                        ],
                    ),
                    Panel(
                        title="Recorders known to jicofo",
                        description="Jicofo never uses a recorder that it does not know. Wrong passwords or the network may keep one out.",
                        queries=[
                            Query(f"max(jitsi_jicofo_jibri_instances{own})", "known"),
                            Query(f"max(jitsi_jicofo_jibri_instances_available{own})", "available"),
                        ],
                    ),
                    each(
                        "Occupied", "1 while it records, is unhealthy, or has no space.", "jibri_occupied", axis_max=1
                    ),
                    each(
                        "Unhealthy",
                        "1 while Jibri reports that it cannot record. It restarts automatically.",
                        "jibri_unhealthy",
                        axis_max=1,
                    ),
                    each(
                        "Free space on the volume",
                        "With too little space, the recorder accepts no further recording.",
                        "jibri_storage_free_bytes",
                        unit="bytes",
                        thresholds=(2 * GIB, 5 * GIB),
                        lower_is_worse=True,
                    ),
                    each("Waiting for upload", "Recordings on each recorder's volume.", "jibri_uploads_pending"),
                ],
            ),
            (
                "Recordings",
                [
                    rate("Uploaded", "Recordings uploaded to the bucket.", "jibri_uploads_total"),
                    rate("Failed uploads", "Each failed attempt is retried.", "jibri_upload_failures_total"),
                    rate(
                        "Cut off",
                        "Recordings whose recorder was killed. The available part is uploaded.",
                        "jibri_recordings_incomplete_total",
                    ),
                ],
            ),
        ],
    )
