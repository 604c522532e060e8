"""Simulate a day with a stack's scaling settings."""

import argparse
import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.problems import ConfigError, Problem
from config.shard import Shard
from config.stack import StackConfig
from plan.simulate.policies import POLICIES
from plan.simulate.text import clock, render
from plan.stack_options import add_stack_options, source_of, write_text

if TYPE_CHECKING:
    from plan.simulate.traces import Trace

WORKING_DAY = date(2026, 3, 18)  # a fixed Wednesday without a clock change, so that runs are comparable
BUILT_IN = ("school", "flash", "evening", "webinar")
MAX_SEED = 2**32


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `simulate`."""
    add_stack_options(parser)
    parser.add_argument(
        "--trace", required=True, metavar="T", help=f"{', '.join(BUILT_IN)}, or a CSV file (docs/simulation.md)"
    )
    parser.add_argument("--seed", default="1", metavar="N", help="seed of the trace (default 1)")
    parser.add_argument("--shard", metavar="NAME", help="shard to simulate (default: the first active one)")
    parser.add_argument("--date", metavar="YYYY-MM-DD", help=f"day of the schedule (default {WORKING_DAY})")
    parser.add_argument("--crash", metavar="HH:MM", help="the fullest bridge crashes at this time")
    parser.add_argument("--policy", choices=sorted(POLICIES), help="another project's scaling instead of the stack's")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--html", metavar="F", help="also write the result as one HTML page")


def _refuse(option: str, what: str) -> ConfigError:
    return ConfigError([Problem(option, what)])


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(MAX_SEED)) or int(text) > MAX_SEED:
        raise _refuse("--seed", f"a whole number from 0 to {MAX_SEED}, got {text!r}")
    return int(text)


def _day(text: str | None) -> date:
    if text is None:
        return WORKING_DAY
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1970 <= day.year <= 9990:  # noqa: PLR2004 - range of time zones and datetime arithmetic
        raise _refuse("--date", f"a day is written 2026-03-18, got {text!r}")
    return day


def _clock(text: str | None) -> int | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d\d):([0-5]\d)", text, re.ASCII)
    if not found:
        raise _refuse("--crash", f"a time of the day is written 08:50, got {text!r}")
    return int(found[1]) * 3600 + int(found[2]) * 60


def _within(trace: "Trace", crash: int | None) -> int | None:
    if crash is not None and not trace.begins <= crash < trace.ends:
        raise _refuse(
            "--crash", f"{trace.name} lasts from {clock(trace.begins)} to {clock(trace.ends)}, got {clock(crash)}"
        )
    return crash


def _shard(config: StackConfig, name: str | None) -> Shard:
    shards = config.resolved
    if name is None:
        return next((shard for shard in shards if shard.state == "active"), shards[0])
    shard = next((shard for shard in shards if shard.name == name), None)
    if shard is None:
        raise _refuse(
            "--shard", f"{name} is no shard of this stack; it has {', '.join(shard.name for shard in shards)}"
        )
    return shard


def result_of(stack: str, config: StackConfig, args: argparse.Namespace) -> dict[str, Any]:
    """Simulate and return the JSON document.

    Raises:
        ConfigError: An option is invalid.
    """
    from plan.simulate.day import simulate  # noqa: PLC0415 - not needed to print the help of every command
    from plan.simulate.from_stack import hourly_price, settings_of  # noqa: PLC0415 - as above
    from plan.simulate.policies import policy  # noqa: PLC0415 - as above
    from plan.simulate.trace_files import read_trace  # noqa: PLC0415 - as above
    from plan.simulate.traces import TRACES  # noqa: PLC0415 - as above

    seed, day, shard = _seed(args.seed), _day(args.date), _shard(config, args.shard)
    crash = _clock(args.crash)
    bridges = shard.bridges
    if args.trace not in TRACES and not args.trace.endswith(".csv"):
        raise _refuse("--trace", f"{args.trace!r} is neither {', '.join(TRACES)} nor a file that ends in .csv")
    trace = TRACES[args.trace](seed) if args.trace in TRACES else read_trace(Path(args.trace), seed)
    if args.policy:
        settings = policy(args.policy, bridges.participants, hourly_price(shard))
    else:
        settings = settings_of(shard, config.metrics, day)
    result = simulate(trace, settings, seed, crash=_within(trace, crash))
    about = {
        "stack": stack,
        "shard": shard.name,
        "trace": trace.name,
        "seed": seed,
        "policy": args.policy,
        "withTimetable": bool(settings.timetable),
        "date": str(day),
        "capacity": settings.capacity,
        "crowdAt": trace.crowd[0] if trace.crowd else None,
    }
    return about | result


def run(args: argparse.Namespace) -> int:
    """Print the result.

    Raises:
        ConfigError: The config or an option is wrong, or the page cannot be written. Nothing is printed.
    """
    source = source_of(args)
    result = result_of(source.stack, source.config, args)
    if args.html is not None:
        from plan.simulate.page import page  # noqa: PLC0415 - the pictures are needed here only

        write_text(Path(args.html), page(result), "--html")
    if args.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(render(result), end="")
    return 0
