"""The base of every resource: an id, and fields that are answered or kept to the emulator."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

HIDDEN: dict[str, Any] = {"hidden": True}


def new_id() -> str:
    """A new resource id; inside the API ids carry no region or zone."""
    return str(uuid.uuid4())


def stamp(seconds: float | None = None) -> str:
    """RFC 3339 with microseconds, as the API writes times; now by default."""
    moment = datetime.fromtimestamp(time.time() if seconds is None else seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Resource(BaseModel):
    """A resource of the API."""

    id: str = Field(default_factory=new_id)

    def shown(self) -> dict[str, Any]:
        """The resource as the API answers it."""
        hidden = {
            name
            for name, field in type(self).model_fields.items()
            if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("hidden")
        }
        return self.model_dump(mode="json", exclude=hidden)

    def touch(self) -> None:
        """Note that the resource changed; this one does not show when."""


class DatedResource(Resource):
    """A resource that shows when it was created and last changed."""

    created_at: str = Field(default_factory=stamp)
    updated_at: str = Field(default_factory=stamp)

    def touch(self) -> None:
        """Set `updated_at`."""
        self.updated_at = stamp()
