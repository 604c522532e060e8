"""How full each shard is, recorded, and the alert that asks for another one in time."""

from typing import Any

from components.metrics.names import RECORDED_PEOPLE, RECORDED_ROOMS, SHARD
from plan.growth import NEAR

Document = dict[str, Any]

NEAR_LIMIT = "ShardNearLimit"
NEAR_FOR = "10m"
"""Longer than what passes by itself: the rush at a lesson's start, reloads that count people twice, a restart of jicofo."""


def shard_group(namespace: str, limit: int, line: str | None) -> Document:
    """The group `shards`. `limit`: participants that one prosody carries; `line`: what to add to the config, if anything can.

    Jicofo's own numbers: people and rooms of the whole shard, those on leaving bridges and in open rooms of a draining shard
    included. None of the expressions names a shard, so a shard that comes or goes changes none.
    """
    jicofo = f'{{namespace="{namespace}",component="jicofo"}}'
    advice = (
        f"Add the line `{line}` to jitsi:shards, and run pulumi up: the new shard takes its part of new rooms, and no open one."
        if line
        else "Every slot is taken: move a part of the rooms to another stack."
    )
    return {
        "name": "shards",
        "rules": [
            {
                "record": RECORDED_PEOPLE,
                "expr": f"max by (namespace, {SHARD}) (jitsi_jicofo_participants_current{jicofo})",
            },
            {"record": RECORDED_ROOMS, "expr": f"max by (namespace, {SHARD}) (jitsi_jicofo_conferences{jicofo})"},
            {
                "alert": NEAR_LIMIT,
                "expr": f'{RECORDED_PEOPLE}{{namespace="{namespace}"}} > {NEAR} * {limit}',
                "for": NEAR_FOR,
                "labels": {"severity": "warning"},
                "annotations": {
                    "summary": f"Shard {{{{ $labels.{SHARD} }}}} nears what its prosody carries: {{{{ $value }}}} of {limit}",
                    "description": f"More than {NEAR:.0%} of signalling.participants ({limit}) for {NEAR_FOR}. {advice}",
                },
            },
        ],
    }
