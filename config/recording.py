"""Recorders (Jibri): how many run, what they record, and where recordings are stored."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.addresses import Zone
from config.cluster import RootVolume
from config.model import Duration, Model, Quantity, between, format_duration, matching
from config.node_type_names import NodeTypeName
from config.quantities import quantity

DAY = 86400
BITRATE_KBPS = {"1280x720": 4000, "1920x1080": 8000}
"""Maximum bitrate of a recording, kbit/s: x264 at Jibri's quality 25 and preset ultrafast, with a margin over 2000 and 4500."""

_BUCKET = re.compile(r"[a-z0-9][-a-z0-9]{1,61}[a-z0-9]")  # the S3 rules
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?")
_PRINCIPAL = re.compile(r"(user_id|application_id):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(
            f"{text!r} is not a regular expression ({error}); for example rtmps?://live[.]example[.]org/.*"
        ) from None
    return text


Bucket = Annotated[
    str, matching(_BUCKET, "a bucket's name is 3 to 63 lower-case letters, digits and dashes, unique at Scaleway")
]
Endpoint = Annotated[
    str, matching(_ENDPOINT, "an S3 endpoint is an address without a path, such as https://s3.example.org")
]
Principal = Annotated[str, matching(_PRINCIPAL, "an administrator is user_id:UUID or application_id:UUID")]
RegularExpression = Annotated[str, AfterValidator(_expression)]


class Streaming(Model):
    """Live streaming to RTMP servers, by the same recorders."""

    allow: Annotated[tuple[RegularExpression, ...], Field(min_length=1)] = (".*",)
    """Regular expressions, one of which a stream's URL must match."""


class Recording(Model):
    """Recorders for all shards, and the bucket for recordings."""

    min: Annotated[int, Field(ge=0, le=100)] = 1
    """Minimum number of recorders. With 0, no recorder and no node runs while nobody meets; the first meeting starts `idle` recorders."""
    max: Annotated[int, Field(ge=1, le=100)] = 4
    """Maximum number of recorders, and so of concurrent recordings and streams."""
    idle: Annotated[int, Field(ge=1, le=100)] = 1
    """Number of free recorders to keep ready."""
    node_type: NodeTypeName = "PRO2-XS"
    """Node type of their pool; it also sets the size of a recorder."""
    root_volume: RootVolume | None = None
    """Root volume of its nodes; by default Kapsule's, 20 GB."""
    zone: Zone | None = None
    """Zone of their pool and volumes; by default the region's first."""
    bucket: Bucket
    """Name of the bucket for recordings, created at Scaleway unless endpoint is set."""
    endpoint: Endpoint | None = None
    """S3 endpoint of an existing bucket, with the secrets jitsi:recordingAccessKey and jitsi:recordingSecretKey."""
    signing_region: str | None = None
    """Region in the endpoint's request signatures; by default us-east-1."""
    retention: Annotated[Duration, between("1s", "3650d")] | None = None
    """Time after which recordings are deleted, in whole days; by default never."""
    empty_on_destroy: bool = False
    """Deletes the bucket and its recordings when the stack is destroyed; otherwise both stay."""
    administrators: tuple[Principal, ...] = ()
    """`user_id:…` or `application_id:…` with full access to the bucket. If set, only they and the recorders have access."""
    longest: Annotated[Duration, between("1s", "7d")] = 4 * 3600
    """Maximum duration of a recording; the next one may start at once."""
    storage: Quantity = "20Gi"
    """Volume of each recorder, for recordings that are not uploaded yet."""
    resolution: Literal["1280x720", "1920x1080"] = "1280x720"
    """Resolution of recordings and streams."""
    format: Literal["mp4", "mkv"] = "mp4"
    """Container format. If a recorder is killed while it records, mp4 cannot be played at all, mkv up to that point."""
    streaming: Streaming | None = None
    """Live streaming; off unless set."""

    @property
    def longest_bytes(self) -> int:
        """Maximum size of the longest recording, in bytes."""
        return self.longest * BITRATE_KBPS[self.resolution] * 1000 // 8

    @property
    def storage_bytes(self) -> int:
        """Size of the volume, in bytes."""
        return int(quantity(self.storage))

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield numbers, times and sizes that do not fit each other, and keys of another kind of bucket."""
        if self.min > self.max:
            yield "min", f"min {self.min} is above max {self.max}; raise max or lower min"
        if self.idle > self.max:
            yield (
                "idle",
                f"idle {self.idle} is above max {self.max}: so many recorders can never be free; raise max or lower idle",
            )
        if self.longest < 60 or self.longest % 60:  # noqa: PLR2004
            yield (
                "longest",
                f"longest {format_duration(self.longest)} is not a whole number of minutes; for example 4h",
            )
        if self.retention is not None and (self.retention < DAY or self.retention % DAY):
            yield (
                "retention",
                f"retention {format_duration(self.retention)} is not a whole number of days; for example 90d",
            )
        if self.storage_bytes < self.longest_bytes:
            yield (
                "storage",
                f"storage {self.storage} is less than one recording of {format_duration(self.longest)} can take "
                f"({-(-self.longest_bytes // 2**30)}Gi); raise storage or lower longest",
            )
        if self.endpoint is None and self.signing_region is not None:
            yield "signingRegion", "signingRegion is used only with endpoint; remove it"
        if self.endpoint is not None:
            for key, is_set in (
                ("retention", self.retention is not None),
                ("emptyOnDestroy", self.empty_on_destroy),
                ("administrators", bool(self.administrators)),
            ):
                if is_set:
                    yield (
                        key,
                        f"{key} applies only to a bucket that the stack creates; remove it, and set it at endpoint",
                    )
