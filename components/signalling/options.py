"""What options of the stack ask of web, prosody and jicofo of every shard: variables, names in the Secret, addresses.

An option that is not set adds nothing, so that a stack without it is rendered as if it did not exist.
"""

from dataclasses import dataclass

from components.signalling.addresses import C2S_PORT, HTTP_PORT, S2S_PORT, ShardNames
from config.visitors import MOST_NODES, Visitors

Values = dict[str, str | int | bool]

S2S_LIMIT = "512kb/s"
"""What one visitor prosody may send to the main one, and back; the image's 30kb/s delays a large meeting's presences. As C2S_LIMIT."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The options that are set."""

    visitors: Visitors | None = None

    def prosody(self, names: ShardNames) -> Values:
        """The main prosody: it opens server-to-server, TCP 5269, to its visitor prosodies alone (`s2s_whitelist`).

        It is told of every visitor prosody that there may ever be: one more must not restart it.
        """
        return self._visitors(names, MOST_NODES, S2S_PORT) | {"PROSODY_S2S_LIMIT": S2S_LIMIT} if self.visitors else {}

    def jicofo(self, names: ShardNames) -> Values:
        """Jicofo logs in to each visitor prosody as a client, so it is told of those that run, and restarts for another one."""
        if self.visitors is None:
            return {}
        return {
            **self._visitors(names, self.visitors.nodes, C2S_PORT),
            "VISITORS_MAX_PARTICIPANTS": self.visitors.participants,
            "VISITORS_MAX_VISITORS_PER_NODE": self.visitors.visitors_per_node,
        }

    def web(self) -> Values:
        """Web's config.js."""
        return {"ENABLE_VISITORS": True} if self.visitors else {}

    @staticmethod
    def _visitors(names: ShardNames, nodes: int, port: int) -> Values:
        addresses = (f"{visitor_host(names, number)}:{port}" for number in range(nodes))
        return {"ENABLE_VISITORS": True, "VISITORS_XMPP_SERVER": ",".join(addresses)}


NOTHING = Options()


def visitor_host(names: ShardNames, number: int) -> str:
    """Name of one visitor prosody's pod, behind the headless Service."""
    return f"{names.of('visitors')}-{number}.{names.host('visitors')}"


def visitor_addresses(names: ShardNames, visitors: Visitors | None) -> dict[str, str]:
    """The clients' parameter `vnode` (v0, v1, …) -> where the edge finds that visitor prosody."""
    nodes = visitors.nodes if visitors else 0
    return {f"v{number}": f"{visitor_host(names, number)}:{HTTP_PORT}" for number in range(nodes)}
