"""Recorders (Jibri): how many there are, what they record, and where recordings go."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from config.addresses import Zone
from config.cluster import check_node_type
from config.model import Duration, Model, Quantity, format_duration, lasts, refuse

DAY = 86400
BITRATE_KBPS = {"1280x720": 4000, "1920x1080": 8000}
"""What a busy recording writes at most, kbit/s: x264 at Jibri's quality 25 and preset ultrafast, with margin over 2000 and 4500."""

_BYTES = {"Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_BUCKET = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?")
_PRINCIPAL = re.compile(r"(user_id|application_id):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Streaming(Model):
    """Live streams to RTMP servers, by the same recorders."""

    allow: Annotated[tuple[str, ...], Field(min_length=1)] = (".*",)
    """Regular expressions; a stream's address must match one of them."""

    @field_validator("allow")
    @classmethod
    def _expressions(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        for text in allow:
            try:
                re.compile(text)
            except re.error as error:
                raise ValueError(
                    f"{text!r} is no regular expression ({error}); rtmps?://live[.]example[.]org/.* is one"
                ) from None
        return allow


class Recording(Model):
    """Recorders for all shards together, and the bucket that recordings go to."""

    min: Annotated[int, Field(ge=0, le=100)] = 1
    """Fewest recorders. 0: none, and no node, while nobody meets; the first meeting brings `idle`."""
    max: Annotated[int, Field(ge=1, le=100)] = 4
    """Most recorders, and so recordings and streams at once."""
    idle: Annotated[int, Field(ge=1, le=100)] = 1
    """Free recorders that stand ready beside those that record."""
    node_type: str = "PRO2-XS"
    """Instance type of their pool; it also says how large a recorder is."""
    zone: Zone | None = None
    """Zone of their pool and volumes; by default the region's first."""
    bucket: str
    """Bucket for recordings, made at Scaleway unless endpoint names another place."""
    endpoint: str | None = None
    """S3 endpoint of a bucket that is already there; its keys are jitsi:recordingAccessKey and jitsi:recordingSecretKey."""
    signing_region: str | None = None
    """Region that the endpoint's signatures name; by default us-east-1."""
    retention: Annotated[Duration, lasts("1s", "3650d")] | None = None
    """Recordings are deleted this long after their upload, in whole days; none: never."""
    empty_on_destroy: bool = False
    """Delete bucket and recordings when the stack goes; otherwise both stay."""
    administrators: tuple[str, ...] = ()
    """`user_id:…` or `application_id:…` that keep every right on the bucket; with any, nobody else but the recorders has one."""
    longest: Annotated[Duration, lasts("1s", "7d")] = 4 * 3600
    """A recording ends after this long; the next one may start at once."""
    storage: Quantity = "20Gi"
    """Volume of each recorder, for recordings until they are uploaded."""
    resolution: Literal["1280x720", "1920x1080"] = "1280x720"
    """Size of the picture."""
    format: Literal["mp4", "mkv"] = "mp4"
    """Of mp4 nothing can be played when a recorder is killed while it records; of mkv everything up to there."""
    streaming: Streaming | None = None
    """Live streams."""

    _type = field_validator("node_type")(check_node_type)

    @field_validator("bucket")
    @classmethod
    def _bucket_name(cls, name: str) -> str:
        if not 3 <= len(name) <= 63 or not _BUCKET.fullmatch(name):  # noqa: PLR2004 - the S3 rules
            raise ValueError(
                f"a bucket's name is 3 to 63 lower-case letters, digits and dashes, unique at Scaleway; got {name!r}"
            )
        return name

    @field_validator("endpoint")
    @classmethod
    def _endpoint(cls, text: str | None) -> str | None:
        if text is not None and not _ENDPOINT.fullmatch(text):
            raise ValueError(
                f"an S3 endpoint is an address without a path, such as https://s3.example.org; got {text!r}"
            )
        return text

    @field_validator("administrators")
    @classmethod
    def _principals(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not _PRINCIPAL.fullmatch(name):
                raise ValueError(f"an administrator is user_id:UUID or application_id:UUID; got {name!r}")
        return names

    @property
    def longest_bytes(self) -> int:
        """What the longest recording takes of the volume, at most."""
        return self.longest * BITRATE_KBPS[self.resolution] * 1000 // 8

    @property
    def storage_bytes(self) -> int:
        """The volume's size."""
        return int(self.storage[:-2]) * _BYTES[self.storage[-2:]]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        refuse(self._contradictions())
        return self

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        if self.min > self.max:
            yield "min", f"min {self.min} is above max {self.max}; raise max or lower min"
        if self.idle > self.max:
            yield (
                "idle",
                f"idle {self.idle} is above max {self.max}: so many can never be free; raise max or lower idle",
            )
        if self.longest < 60 or self.longest % 60:  # noqa: PLR2004
            yield (
                "longest",
                f"longest {format_duration(self.longest)} is no whole number of minutes; take for example 4h",
            )
        if self.retention is not None and (self.retention < DAY or self.retention % DAY):
            yield (
                "retention",
                f"retention {format_duration(self.retention)} is no whole number of days; take for example 90d",
            )
        if self.storage_bytes < self.longest_bytes:
            yield (
                "storage",
                f"storage {self.storage} is less than one recording of {format_duration(self.longest)} may take "
                f"({-(-self.longest_bytes // 2**30)}Gi); raise storage or lower longest",
            )
        if self.endpoint is None and self.signing_region is not None:
            yield "signingRegion", "signingRegion is read only with an endpoint of your own; leave it out"
        if self.endpoint is not None:
            for key, given in (
                ("retention", self.retention is not None),
                ("emptyOnDestroy", self.empty_on_destroy),
                ("administrators", bool(self.administrators)),
            ):
                if given:
                    yield (
                        key,
                        f"{key} is for a bucket that the stack makes; with endpoint the bucket is yours: set it there",
                    )
