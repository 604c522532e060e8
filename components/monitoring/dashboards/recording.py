"""Recording: are recorders free, does every recording reach the bucket."""

from components.metrics.names import RECORDED_RECORDERS
from components.monitoring.dashboards.panels import Dashboard, Panel, Query
from components.monitoring.watched import Watched

GIB = 2**30


def recording(watched: Watched) -> Dashboard:
    """A recorder is taken while it records, is ill, or has no room for another recording."""
    own = f"{{{watched.of_namespace}}}"
    jibri = f'{{{watched.of_namespace},component="jibri"}}'
    answers = f'up{{{watched.of_namespace},component="jibri"}} == 1'
    big = {"kind": "stat", "width": 6, "height": 5}

    def each(title: str, about: str, series: str, **more: object) -> Panel:
        return Panel(title=title, about=about, queries=[Query(f"max by (pod) ({series}{jibri})", "{{pod}}")], **more)  # pyright: ignore[reportArgumentType]

    def rate(title: str, about: str, series: str) -> Panel:
        return Panel(title=title, about=about, queries=[Query(f"sum(increase({series}{jibri}[1h]))", "in an hour")])

    return Dashboard(
        uid="jitsi-recording",
        title="Jitsi: recording",
        about="Is a recorder free, and does every recording reach the bucket",
        version=1,
        rows=[
            (
                "Now",
                [
                    Panel(
                        title="Recordings and streams",
                        about="Recorders that record or stream now.",
                        queries=[Query(f"sum(jibri_busy{jibri})", "recording")],
                        **big,
                    ),
                    Panel(
                        title="Free recorders",
                        about="0: whoever presses record now is told that all recorders are busy.",
                        queries=[Query(f"count(jibri_occupied{jibri} == 0) or vector(0)", "free")],
                        limits=(1,),
                        least=True,
                        **big,
                    ),
                    Panel(
                        title="Recordings not uploaded yet",
                        about="They lie on the recorders' volumes; each is uploaded after it ends, and tried again until that works.",
                        queries=[Query(f"sum(jibri_uploads_pending{jibri})", "pending")],
                        limits=(3, 10),
                        **big,
                    ),
                    Panel(
                        title="Oldest of them",
                        about="Minutes are usual for a long recording; hours say that the bucket refuses it.",
                        queries=[Query(f"max(jibri_upload_oldest_seconds{jibri})", "age")],
                        unit="s",
                        limits=(1800, 7200),
                        **big,
                    ),
                ],
            ),
            (
                "Recorders",
                [
                    Panel(
                        title="Recorders: wanted, there, taken, at most",
                        about="Wanted is what the signals ask for: those that are taken, and the idle ones beside them.",
                        queries=[
                            Query(f"{RECORDED_RECORDERS}{own}", "wanted"),
                            Query(f"count({answers})", "there"),
                            Query(f"sum(jibri_occupied{jibri})", "taken"),
                            Query(f"vector({watched.recorders})", "at most"),
                        ],
                    ),
                    Panel(
                        title="As jicofo sees them",
                        about="A recorder that is there and unknown to jicofo is never asked; passwords or network keep it out.",
                        queries=[
                            Query(f"max(jitsi_jicofo_jibri_instances{own})", "known"),
                            Query(f"max(jitsi_jicofo_jibri_instances_available{own})", "available"),
                        ],
                    ),
                    each("Taken", "1 while it records, is ill, or has no room.", "jibri_occupied", most=1),
                    each(
                        "Ill",
                        "1 while Jibri says that it cannot record; it restarts by itself.",
                        "jibri_unhealthy",
                        most=1,
                    ),
                    each(
                        "Room on the volume",
                        "What is left for recordings; too little, and the recorder takes no other one.",
                        "jibri_storage_free_bytes",
                        unit="bytes",
                        limits=(2 * GIB, 5 * GIB),
                        least=True,
                    ),
                    each("Waiting for upload", "Recordings on each recorder's volume.", "jibri_uploads_pending"),
                ],
            ),
            (
                "Recordings",
                [
                    rate("Uploaded", "Recordings that reached the bucket.", "jibri_uploads_total"),
                    rate("Failed attempts at uploading", "Each is tried again.", "jibri_upload_failures_total"),
                    rate(
                        "Cut off",
                        "Recordings whose recorder was killed: what there is of them is uploaded.",
                        "jibri_recordings_incomplete_total",
                    ),
                ],
            ),
        ],
    )
