"""Capacity of one shard's signalling."""

import re
from typing import Annotated

from pydantic import Field

from config.limits import MAX_PARTICIPANTS
from config.model import Model, matching
from config.web import WebFile

PluginName = Annotated[
    str,
    matching(
        re.compile(r"[A-Za-z0-9_]+(\.lib)?\.lua"),
        "a module of prosody is a file mod_NAME.lua, or NAME.lib.lua for a library, without folders",
    ),
]


class PluginFile(WebFile):
    """Source of a module of prosody: text or file."""


class Signalling(Model):
    """Prosody and jicofo, one each per shard."""

    participants: Annotated[int, Field(ge=1, le=MAX_PARTICIPANTS)] = 4000
    """Participants that one prosody carries; the plan recommends another shard in time. At the default meet.jit.si adds shards."""
    sized_for: Annotated[int, Field(ge=1, le=MAX_PARTICIPANTS)] | None = None
    """Participants per shard that prosody, jicofo and web are sized for; by default what the maximum number of bridges carries. A new
    size restarts them, which ends every meeting of the shard: set it to what the shard may grow to, and growth restarts nothing."""
    plugins: dict[PluginName, PluginFile] = {}
    """Own modules of every prosody, `mod_NAME.lua` -> its source. `env.prosody.XMPP_MODULES` or XMPP_MUC_MODULES loads them. A change
    restarts prosody."""
