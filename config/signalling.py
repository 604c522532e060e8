"""What one shard's signalling carries."""

from typing import Annotated

from pydantic import Field

from config.bridges import MOST_PEOPLE
from config.model import Model

MOST_WEB_PODS = 20


class Signalling(Model):
    """Prosody and jicofo, of which a shard has one each."""

    participants: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] = 4000
    """What one prosody carries; the plan asks for another shard in time. The default is where meet.jit.si adds shards."""
    sized_for: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] | None = None
    """People of a shard that its prosody, jicofo and web are sized for; by default as many as its most bridges carry. Another
    size restarts them, which ends every meeting of the shard: say here what the shard may grow to, and growth restarts nothing."""
