"""What is checked, as one JSON document: all that the check must know of a stack, and nothing secret."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Targets:
    """A stack as its users meet it."""

    domain: str
    xmpp_domain: str
    shards: Mapping[str, tuple[int, int]]
    """Active shards: name -> number in the edge, throws of its weight. Others take no new rooms."""
    turn_host: str | None = None
    self_signed: bool = False
    """The certificate is its own authority."""
    told: bool = False
    """The edge says in the header X-Jitsi-Shard which shard answered."""
    namespace: str = "jitsi"
    first_ports: Mapping[str, int] = field(default_factory=dict)
    """Shard -> UDP port of its first bridge; those behind a NodePort Service each follow in their order."""
    unchecked: Mapping[str, str] = field(default_factory=dict)
    """Other shards -> state."""

    def as_json(self) -> str:
        """The document."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


def read(text: str) -> Targets:
    """The reverse of `as_json`; raises ValueError for anything else."""
    try:
        values = json.loads(text)
        shards = {name: (int(number), int(throws)) for name, (number, throws) in values.pop("shards").items()}
        return Targets(**values, shards=shards)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"not a document of targets: {error}; make it with `python -m probe --stack NAME --print-targets`"
        ) from error
