"""The volume of the managed Prometheus, and how long its samples fit into it."""

from math import ceil

from config.quantities import quantity
from config.stack import StackConfig
from sizing.parts import PARTS

KEPT_PERCENT = 80
"""Of the volume for `--storage.tsdb.retention.size`: Prometheus advises 80 to 85, since it compacts before it deletes
(prometheus/prometheus@00ca8ae, page Storage). The flag's default is 0, no limit."""
WARNED_PERCENT = 90
SAMPLE_BYTES = 2  # page Storage: 1 to 2 bytes a sample
LOG_BYTES = 512 * 2**20  # write-ahead log of two to three hours: at least three files of 128 MiB (page Storage)
SERIES_OF_A_POD = 500  # assumed: no part exposes more once those per meeting and server are dropped


def kept_mib(storage: str) -> int:
    """MiB that samples and their log may take of the volume."""
    return int(quantity(storage) * KEPT_PERCENT // 100 // 2**20)


def written_per_second(config: StackConfig) -> float:
    """Bytes of samples a second while every pod runs."""
    pods = sum(pods.max for part in PARTS if part.scraped for pods in part.pods(config))
    return pods * SERIES_OF_A_POD * SAMPLE_BYTES / config.metrics.interval


def needed_gib(config: StackConfig) -> int:
    """GiB of a volume that holds `metrics.retention`, rounded up."""
    wanted = LOG_BYTES + written_per_second(config) * config.metrics.retention
    return ceil(wanted * 100 / KEPT_PERCENT / 2**30)


def kept_seconds(config: StackConfig) -> int:
    """Seconds of samples that fit into `metrics.storage`; 0 if not even the log does."""
    free = kept_mib(config.metrics.storage) * 2**20 - LOG_BYTES
    return max(0, int(free / written_per_second(config)))
