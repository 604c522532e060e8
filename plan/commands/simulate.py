"""`plan simulate`: a day in the life of a stack's scaling settings."""

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

from config.problems import ConfigError, Problem
from config.shard import Shard
from config.stack import StackConfig
from plan.commands.place import add_stack_options, source_of, write_text
from plan.simulate.policies import POLICIES

WORKING_DAY = date(2026, 3, 18)  # a Wednesday without a change of clocks: any fixed one, so that runs compare
BUILT_IN = ("school", "flash", "evening", "webinar")
MOST_SEED = 2**32


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `simulate` understands."""
    add_stack_options(parser)
    parser.add_argument(
        "--trace", required=True, metavar="T", help=f"{', '.join(BUILT_IN)}, or a CSV file (docs/simulation.md)"
    )
    parser.add_argument("--seed", default="1", metavar="N", help="another day of the same kind (default 1)")
    parser.add_argument("--shard", metavar="NAME", help="the shard that has the day (default: the first active one)")
    parser.add_argument("--date", metavar="YYYY-MM-DD", help=f"day of the timetable (default {WORKING_DAY})")
    parser.add_argument("--policy", choices=sorted(POLICIES), help="a predecessor's scaling in place of the stack's")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--html", metavar="F", help="also write the day as one HTML page")


def _refuse(option: str, what: str) -> ConfigError:
    return ConfigError([Problem(option, what)])


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(MOST_SEED)) or int(text) > MOST_SEED:
        raise _refuse("--seed", f"a whole number from 0 to {MOST_SEED}, got {text!r}")
    return int(text)


def _day(text: str | None) -> date:
    if text is None:
        return WORKING_DAY
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1970 <= day.year <= 9990:  # noqa: PLR2004 - what time zones and arithmetic carry
        raise _refuse("--date", f"a day is written 2026-03-18, got {text!r}")
    return day


def _shard(config: StackConfig, name: str | None) -> Shard:
    shards = config.resolved
    if name is None:
        return next((shard for shard in shards if shard.state == "active"), shards[0])
    found = next((shard for shard in shards if shard.name == name), None)
    if found is None:
        raise _refuse(
            "--shard", f"{name} is no shard of this stack; it has {', '.join(shard.name for shard in shards)}"
        )
    return found


def result_of(stack: str, config: StackConfig, args: argparse.Namespace) -> dict[str, Any]:
    """The whole result.

    Raises:
        ConfigError: an option makes no sense.
    """
    from plan.simulate.day import simulate  # noqa: PLC0415 - not needed to print the help of every command
    from plan.simulate.from_stack import hourly_price, settings_of  # noqa: PLC0415 - as above
    from plan.simulate.policies import policy  # noqa: PLC0415 - as above
    from plan.simulate.trace_files import read_trace  # noqa: PLC0415 - as above
    from plan.simulate.traces import TRACES  # noqa: PLC0415 - as above

    seed, day, shard = _seed(args.seed), _day(args.date), _shard(config, args.shard)
    bridges = shard.bridges
    if args.trace not in TRACES and not args.trace.endswith(".csv"):
        raise _refuse("--trace", f"{args.trace!r} is neither {', '.join(TRACES)} nor a file that ends in .csv")
    trace = TRACES[args.trace](seed) if args.trace in TRACES else read_trace(Path(args.trace), seed)
    if args.policy:
        settings = policy(args.policy, bridges.participants, hourly_price(bridges))
    else:
        settings = settings_of(shard, config.metrics, day)
    made = simulate(trace, settings, seed)
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
    return about | made


def run(args: argparse.Namespace) -> int:
    """Print the result.

    Raises:
        ConfigError: the config or an option is wrong, or the page cannot be written; nothing is printed then.
    """
    source = source_of(args)
    made = result_of(source.stack, source.config, args)
    if args.html is not None:
        from plan.simulate.page import page  # noqa: PLC0415 - the pictures are needed here only

        write_text(Path(args.html), page(made), "--html")
    if args.json:
        print(json.dumps(made, ensure_ascii=False))
    else:
        from plan.simulate.text import render  # noqa: PLC0415 - as above

        print(render(made), end="")
    return 0
