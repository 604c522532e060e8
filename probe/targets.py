"""The targets of the checks as one JSON document, without secrets."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Targets:
    """A stack as its clients see it."""

    domain: str
    xmpp_domain: str
    shards: Mapping[str, tuple[int, int]]
    """Active shards: name -> number in the edge, and draws for its weight. Others take no new rooms."""
    turn_host: str | None = None
    hosts: tuple[str, ...] = ()
    """Further host names, which lead to `domain`."""
    self_signed: bool = False
    """Whether the certificate is its own authority."""
    told: bool = False
    """Whether the edge names the shard in the header X-Jitsi-Shard."""
    namespace: str = "jitsi"
    first_ports: Mapping[str, int] = field(default_factory=dict)
    """Shard -> UDP port of its first bridge; NodePorts follow in the order of the ordinals."""
    unchecked: Mapping[str, str] = field(default_factory=dict)
    """Shards that are not active -> state."""

    def as_json(self) -> str:
        """The document."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


def read(text: str) -> Targets:
    """The targets of a document that `as_json` wrote.

    Raises:
        ValueError: it is another document.
    """
    try:
        values = json.loads(text)
        shards = {name: (int(number), int(draws)) for name, (number, draws) in values.pop("shards").items()}
        return Targets(**values | {"hosts": tuple(values.get("hosts", ()))}, shards=shards)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"not a document of targets: {error}; make it with `python -m probe --stack NAME --print-targets`"
        ) from error
