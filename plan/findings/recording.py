"""Rules about recorders and recordings."""

from collections.abc import Iterator

from config.model import format_duration
from config.node_types import NODE_TYPES
from plan.drain import NODE_DELETION_SECONDS
from plan.findings.rule import Found, Subject, rule
from plan.recording_pool import GOOD_MIB, LEAST_MIB, SIDECARS_MIB, fits, recorder_size

BLIND_SHARE = 10  # the autoscaler ignores a difference of a tenth (--horizontal-pod-autoscaler-tolerance)


@rule("recording-without-auth", "warning")
def recording_without_auth(subject: Subject) -> Iterator[Found]:
    """Whoever opens a meeting may record it."""
    if subject.config.recording and subject.config.auth.type == "none":
        yield Found(
            "auth.type",
            "with type none everybody who opens a room may record it, and occupy recorders and fill the bucket",
            "set auth.type, so that only those who log in may; or leave recording out",
        )


@rule("recorder-node-too-small", "error")
def recorder_node_too_small(subject: Subject) -> Iterator[Found]:
    """Chrome and x264 on a node that cannot carry them."""
    recording = subject.config.recording
    if not recording:
        return
    node, size = NODE_TYPES[recording.node_type], recorder_size(recording.node_type)
    if not fits(recording.node_type):
        yield Found(
            "recording.nodeType",
            f"{node.name} has {node.vcpus} vCPU and {node.memory_gib} GiB; a recorder needs 4 vCPU, and {LEAST_MIB + SIDECARS_MIB} "
            f"MiB beside what the node needs itself, here {max(0, size.memory_mib + SIDECARS_MIB)}: pods stay pending, or "
            "recordings stutter",
            "take PRO2-XS or larger",
        )
    elif size.memory_mib < GOOD_MIB:
        yield Found(
            "recording.nodeType",
            f"a recorder on {node.name} has {size.memory_mib} MiB, upstream advises {GOOD_MIB}: in large meetings Chrome may be "
            "killed, and with it the recording",
            "take a type with 16 GiB, such as PRO2-XS",
            "warning",
        )


@rule("recorder-node-arm", "warning")
def recorder_node_arm(subject: Subject) -> Iterator[Found]:
    """The image's Chrome is made for amd64."""
    recording = subject.config.recording
    if recording and NODE_TYPES[recording.node_type].arch != "x86_64":
        yield Found(
            "recording.nodeType",
            f"{recording.node_type} is arm64, where Jibri's image has Chromium in place of Chrome, without H.264",
            "take an x86-64 type, such as PRO2-XS",
        )


@rule("recorders-idle-unseen", "warning")
def recorders_idle_unseen(subject: Subject) -> Iterator[Found]:
    """So few idle recorders among so many that the autoscaler does not see them missing."""
    config = subject.config
    if config.recording and config.metrics.adapter == "prometheus":
        blind = BLIND_SHARE * config.recording.idle
        if config.recording.max > blind:
            yield Found(
                "recording.idle",
                f"idle {config.recording.idle} with max {config.recording.max}: the autoscaler ignores a difference of a tenth, so "
                f"with {blind} recorders, all of them taken, no further one comes",
                f"set idle to {-(-config.recording.max // BLIND_SHARE)} or more",
            )


@rule("recording-from-nothing", "info")
def recording_from_nothing(subject: Subject) -> Iterator[Found]:
    """No recorder stands while nobody meets."""
    recording = subject.config.recording
    if recording and recording.min == 0:
        gate = "" if subject.kapsule else "; your cluster must have the feature gate HPAScaleToZero, off by default"
        yield Found(
            "recording.min",
            "min 0: recorders come with the first meeting, and can be asked for once a node and Jibri have started (about 5 "
            f"minutes){gate}",
            "set min: 1 where the first meeting must be recorded from its start",
            None if subject.kapsule else "warning",
        )


@rule("recordings-kept-forever", "info")
def recordings_kept_forever(subject: Subject) -> Iterator[Found]:
    """Nothing ever deletes a recording."""
    recording = subject.config.recording
    if recording and recording.endpoint is None and recording.retention is None:
        yield Found(
            "recording.retention",
            "recordings stay until somebody deletes them: people's voices and faces, and a bill that only grows",
            "set retention, for example 90d, as your rules for personal data ask",
        )


@rule("recordings-open-to-project", "info")
def recordings_open_to_project(subject: Subject) -> Iterator[Found]:
    """Every key with rights on Object Storage reads recordings."""
    recording = subject.config.recording
    if recording and recording.endpoint is None and not recording.administrators:
        yield Found(
            "recording.administrators",
            "the bucket has no policy: every key of the project with rights on Object Storage reads recordings, and the "
            "recorders' key reaches the project's other buckets",
            "list who may (user_id:… or application_id:…, the one that deploys among them), or give the stack its own project",
        )


@rule("recordings-go-with-stack", "warning")
def recordings_go_with_stack(subject: Subject) -> Iterator[Found]:
    """A destroyed stack takes every recording along."""
    recording = subject.config.recording
    if recording and recording.empty_on_destroy:
        yield Found(
            "recording.emptyOnDestroy",
            "pulumi destroy, or taking recording out of the file, deletes the bucket with every recording",
            "leave emptyOnDestroy out where recordings matter; the bucket then stays",
        )


@rule("recording-cut-by-upgrade", "warning")
def recording_cut_by_upgrade(subject: Subject) -> Iterator[Found]:
    """An automatic upgrade takes nodes away faster than a recording ends."""
    config = subject.config
    if subject.kapsule and config.recording and config.cluster.auto_upgrade:
        longest = config.recording.longest
        if longest > NODE_DELETION_SECONDS:
            yield Found(
                "cluster.autoUpgrade",
                f"Kapsule waits {format_duration(NODE_DELETION_SECONDS)} for a node that it upgrades, a recording may last "
                f"{format_duration(longest)}: one that is being made then is cut, and uploaded to incomplete/",
                "put the window where nobody records, or upgrade by hand",
            )
