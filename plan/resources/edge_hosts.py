"""Rules about further host names of the edge."""

from collections.abc import Iterator

from plan.findings.rule import Hit, rule
from plan.resources.edge import edges
from plan.resources.made import Resources


@rule("edge-host-not-led", "error")
def edge_host_not_led(stack: Resources) -> Iterator[Hit]:
    """HAProxy does not lead a further host name to the domain."""
    hosts, domain = stack.config.hosts, stack.config.domain
    for edge in edges(stack) if hosts else ():
        lines = [line for section in edge.frontends for line in section.after("http-request")]
        led = {
            word
            for line in lines
            if line.startswith(f"redirect prefix https://{domain} code 307 ")
            for word in line.partition(" -i ")[2].partition("}")[0].split()
        }
        if missing := [host for host in hosts if host not in led]:
            yield Hit(
                edge.where,
                f"{', '.join(missing)} is not led to {domain}: its pages open, but their websocket is of {domain}, and logins and "
                "settings of the browser are those of another site",
                f"redirect them with prefix https://{domain}; the key hosts does",
            )
