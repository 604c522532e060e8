"""Rules about recording."""

from collections.abc import Iterator

from config.model import format_duration
from config.node_types import node_type_of
from plan.findings.rule import Hit, Subject, rule
from sizing.drain import NODE_DELETION_SECONDS
from sizing.pod_sizes import RECORDER_MAX_MIB, RECORDER_MIN_MIB, RECORDER_SIDECARS, recorder_fits, recorder_size

BLIND_SHARE = 10  # the autoscaler ignores a difference of 10 % (--horizontal-pod-autoscaler-tolerance)


@rule("recording-without-auth", "warning")
def recording_without_auth(subject: Subject) -> Iterator[Hit]:
    """Anyone who opens a meeting may record it."""
    if subject.config.recording and subject.config.auth.type == "none":
        yield Hit(
            "auth.type",
            "with type: none anyone who opens a room can record it, occupy recorders and fill the bucket",
            "set auth.type, so that only authenticated users can record; or remove recording",
        )


@rule("recorder-node-too-small", "error")
def recorder_node_too_small(subject: Subject) -> Iterator[Hit]:
    """The node is too small for Chrome and x264."""
    recording = subject.config.recording
    if not recording:
        return
    node, size = node_type_of(recording.node_type), recorder_size(recording.node_type)
    if not recorder_fits(recording.node_type):
        yield Hit(
            "recording.nodeType",
            f"{node.name} has {node.vcpus} vCPU and {node.memory_gib} GiB; a recorder needs 4 vCPU and "
            f"{RECORDER_MIN_MIB + RECORDER_SIDECARS.memory_mib} MiB, and here {max(0, size.memory_mib + RECORDER_SIDECARS.memory_mib)} are left after the "
            "node's own share: pods stay Pending, or recordings stutter",
            "use PRO2-XS or larger",
        )
    elif size.memory_mib < RECORDER_MAX_MIB:
        yield Hit(
            "recording.nodeType",
            f"a recorder on {node.name} has {size.memory_mib} MiB, upstream recommends {RECORDER_MAX_MIB}: in large meetings "
            "Chrome may be killed, and the recording ends",
            "use a type with 16 GiB, such as PRO2-XS",
            "warning",
        )


@rule("recorder-node-arm", "warning")
def recorder_node_arm(subject: Subject) -> Iterator[Hit]:
    """Jibri's image has Chrome for amd64 only."""
    recording = subject.config.recording
    if recording and node_type_of(recording.node_type).arch != "x86_64":
        yield Hit(
            "recording.nodeType",
            f"{recording.node_type} is arm64, where Jibri's image has Chromium instead of Chrome, without H.264",
            "use an x86-64 type, such as PRO2-XS",
        )


@rule("recorders-idle-unseen", "warning")
def recorders_idle_unseen(subject: Subject) -> Iterator[Hit]:
    """The autoscaler tolerance hides missing idle recorders."""
    config = subject.config
    if config.recording and config.metrics.adapter != "kubeMetrics":
        blind = BLIND_SHARE * config.recording.idle
        if config.recording.max > blind:
            yield Hit(
                "recording.idle",
                f"idle {config.recording.idle} with max {config.recording.max}: the autoscaler ignores a difference "
                f"of 10 %, so with {blind} recorders, all of them busy, none is added",
                f"set idle to {-(-config.recording.max // BLIND_SHARE)} or more",
            )


@rule("recording-from-nothing", "info")
def recording_from_nothing(subject: Subject) -> Iterator[Hit]:
    """No recorder runs while there is no meeting."""
    recording = subject.config.recording
    if recording and recording.min == 0:
        gate = "" if subject.kapsule else "; the cluster needs the feature gate HPAScaleToZero, off by default"
        yield Hit(
            "recording.min",
            "min 0: recorders start with the first meeting and are available once a node and Jibri have started "
            f"(about 5 minutes){gate}",
            "set min: 1 if the first meeting must be recorded from its start",
            None if subject.kapsule else "warning",
        )


@rule("recordings-kept-forever", "info")
def recordings_kept_forever(subject: Subject) -> Iterator[Hit]:
    """Recordings are never deleted."""
    recording = subject.config.recording
    if recording and recording.endpoint is None and recording.retention is None:
        yield Hit(
            "recording.retention",
            "recordings stay until someone deletes them: personal data, and a growing bill",
            "set retention, for example 90d, according to your privacy rules",
        )


@rule("recordings-open-to-project", "info")
def recordings_open_to_project(subject: Subject) -> Iterator[Hit]:
    """Every API key with Object Storage permissions can read recordings."""
    recording = subject.config.recording
    if recording and recording.endpoint is None and not recording.administrators:
        yield Hit(
            "recording.administrators",
            "the bucket has no policy: every API key of the project with Object Storage permissions can read "
            "recordings, and the recorders' key can access the project's other buckets",
            "list the administrators (user_id:… or application_id:…, including the one that deploys), or give the "
            "stack its own project",
        )


@rule("recordings-go-with-stack", "warning")
def recordings_go_with_stack(subject: Subject) -> Iterator[Hit]:
    """Destroying the stack deletes every recording."""
    recording = subject.config.recording
    if recording and recording.empty_on_destroy:
        yield Hit(
            "recording.emptyOnDestroy",
            "pulumi destroy, or removing recording from the stack file, deletes the bucket with every recording",
            "remove emptyOnDestroy if recordings matter; the bucket then stays",
        )


@rule("recording-cut-by-upgrade", "warning")
def recording_cut_by_upgrade(subject: Subject) -> Iterator[Hit]:
    """An automatic upgrade may cut recordings."""
    config = subject.config
    if subject.kapsule and config.recording and config.cluster.auto_upgrade:
        longest = config.recording.longest
        if longest > NODE_DELETION_SECONDS:
            yield Hit(
                "cluster.autoUpgrade",
                f"Kapsule waits {format_duration(NODE_DELETION_SECONDS)} for a node that it upgrades, but a "
                f"recording may last {format_duration(longest)}: a running recording is cut and uploaded to "
                "incomplete/",
                "remove cluster.autoUpgrade and upgrade by hand, or lower recording.longest to "
                f"{format_duration(NODE_DELETION_SECONDS)}; else keep the window free of recordings",
            )
