"""How much recordings take in their bucket: an estimate, since nobody knows beforehand what people record."""

from config.recording import BITRATE_KBPS, DAY, Recording
from plan.prices import HOURS_PER_WEEK
from plan.typical import BUSY_HOURS, BUSY_SHARE

TYPICAL_KBPS = {"1280x720": 2000, "1920x1080": 4500}
"""What a recording of people and slides writes, kbit/s: half of `BITRATE_KBPS`, which is for moving pictures."""
UNENDING_DAYS = 365  # without retention a bucket grows for ever; told is what a year makes
WEEK_DAYS = 7
GB = 10**9

ASSUMED = f"half of all recorders record {BUSY_HOURS} h a week"


def kept_days(recording: Recording) -> int:
    """Days of recordings that are in the bucket."""
    return recording.retention // DAY if recording.retention else UNENDING_DAYS


def _gigabytes(recording: Recording, recorders: float, hours_a_week: float, kbps: int) -> float:
    seconds = recorders * hours_a_week * 3600 * kept_days(recording) / WEEK_DAYS
    return seconds * kbps * 1000 / 8 / GB


def typical_gigabytes(recording: Recording) -> float:
    """What lies in the bucket once the first recordings end, or after a year (see `ASSUMED`)."""
    return _gigabytes(recording, recording.max * BUSY_SHARE, BUSY_HOURS, TYPICAL_KBPS[recording.resolution])


def most_gigabytes(recording: Recording) -> float:
    """The same where every recorder records day and night as much as it can."""
    return _gigabytes(recording, recording.max, HOURS_PER_WEEK, BITRATE_KBPS[recording.resolution])
