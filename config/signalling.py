"""What one shard's signalling carries, and its web pods."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from config.model import Model

MOST_WEB_PODS = 20


class Signalling(Model):
    """Prosody and jicofo, of which a shard has one each."""

    participants: Annotated[int, Field(ge=1)] = 4000
    """What one prosody carries; the plan asks for another shard in time. The default is where meet.jit.si adds shards."""
    sized_for: Annotated[int, Field(ge=1)] | None = None
    """People of a shard that its prosody, jicofo and web are sized for; by default as many as its most bridges carry. Another
    size restarts them, which ends every meeting of the shard: say here what the shard may grow to, and growth restarts nothing."""


class Web(Model):
    """The web pods of every shard."""

    replicas: Annotated[int, Field(ge=1, le=MOST_WEB_PODS)] = 1
    """Pods per shard; the fewest where maxReplicas is larger."""
    max_replicas: Annotated[int, Field(ge=1, le=MOST_WEB_PODS)] | None = None
    """Most pods per shard, scaled on CPU; by default one for 500 participants, two at least."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_replicas is not None and self.max_replicas < self.replicas:
            raise ValueError(
                f"maxReplicas {self.max_replicas} is below replicas {self.replicas}; raise maxReplicas or lower replicas"
            )
        return self
