"""One round of all checks."""

import time
from collections.abc import Callable, Sequence

from probe import media_checks, web_checks
from probe.cluster import Bridge
from probe.results import BRIDGE, Result
from probe.targets import Targets
from probe.web_checks import Place


def round_of(
    targets: Targets, find: Callable[[], Sequence[Bridge]] | None, *, address: str | None = None, port: int = 443
) -> list[Result]:
    """Every check once; `find` lists the bridges, which are not checked if it is None."""
    results = list(web_checks.checks(targets, Place(host=targets.domain, address=address, port=port), time.time()))
    results += [
        web_checks.certificate(
            Place(host=host, address=address, port=port), self_signed=targets.self_signed, now=time.time()
        )
        for host in targets.hosts
    ]
    if targets.turn_host:
        place = Place(host=targets.turn_host, address=address, port=port)
        results.append(web_checks.certificate(place, self_signed=targets.self_signed, now=time.time()))
        results.append(media_checks.turns(place))
    if find:
        try:
            results += media_checks.checks(find())
        except (OSError, ValueError, KeyError) as error:
            results.append(Result(check=BRIDGE, of="?", status="failed", detail=f"bridges cannot be listed: {error}"))
    return results
