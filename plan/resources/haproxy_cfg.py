"""Reader of haproxy.cfg as rendered: sections, listeners, servers and durations."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network

_KINDS = ("global", "defaults", "resolvers", "peers", "frontend", "backend", "listen", "userlist", "program", "ring")
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_TERM = re.compile(r"(\d+)(us|ms|s|m|h|d)?")


def seconds(text: str, *, unit: str = "ms") -> float | None:
    """A duration such as `90s`, `1h30m` or `500`; None for other text. HAProxy reads a bare number as milliseconds."""
    if not text or not re.fullmatch(rf"(?:{_TERM.pattern})+", text):
        return None
    return sum(int(number) * _UNITS[name or unit] for number, name in _TERM.findall(text))


def _within(network: IPv4Network | IPv6Network, text: str) -> bool:
    try:
        outer = ip_network(text, strict=False)
    except ValueError:
        return False
    return network.version == outer.version and network.subnet_of(outer)  # type: ignore[arg-type] # of one version


@dataclass(frozen=True, slots=True)
class Bind:
    """One listener. `address` is `:8443`, `127.0.0.1:8405` or `unix@/run/haproxy/https.sock`."""

    section: "Section"
    address: str
    options: tuple[str, ...]

    @property
    def port(self) -> int | None:
        """The TCP port. None for a Unix socket."""
        tail = self.address.rpartition(":")[2]
        return int(tail) if not self.address.startswith("unix@") and tail.isdigit() else None

    @property
    def is_internal(self) -> bool:
        """Whether no other pod can connect to it."""
        return self.address.startswith(("unix@", "127.", "localhost:", "[::1]:", "::1:"))

    def option(self, name: str) -> str | None:
        """The argument after an option. None without it."""
        return next((self.options[n + 1] for n, word in enumerate(self.options[:-1]) if word == name), None)

    @property
    def takes_header(self) -> bool:
        """Whether it reads PROXY headers of at least some connections."""
        return "accept-proxy" in self.options or bool(self._expecting)

    @property
    def _expecting(self) -> list[str]:
        return (
            [] if self.address.startswith("unix@") else self.section.after("tcp-request connection expect-proxy layer4")
        )

    def believes(self, network: IPv4Network | IPv6Network) -> bool:
        """Whether it reads PROXY headers from addresses of a network."""
        spared = (re.fullmatch(r"unless \{ src ([0-9a-f:./]+) \}", line) for line in self._expecting)
        held = (match and _within(network, match[1]) for match in spared)
        return "accept-proxy" in self.options or not all(held)


@dataclass(frozen=True, slots=True)
class Server:
    """One server of a backend or peers section; `address` is empty for the local peer."""

    name: str
    address: str
    options: tuple[str, ...]

    @property
    def host(self) -> str:
        """The host without its port."""
        return self.address.rpartition(":")[0]

    @property
    def port(self) -> str:
        """The port as written."""
        return self.address.rpartition(":")[2]

    def option(self, name: str) -> str | None:
        """The argument after an option. None without it."""
        return next((self.options[n + 1] for n, word in enumerate(self.options[:-1]) if word == name), None)


@dataclass(frozen=True, eq=False)
class Section:
    """A section with its lines, without comments, in order."""

    kind: str
    name: str
    lines: list[str] = field(default_factory=list)

    def after(self, *starts: str) -> list[str]:
        """What follows one of these beginnings, line by line."""
        return [
            line[len(start) :].strip() for line in self.lines for start in starts if f"{line} ".startswith(f"{start} ")
        ]

    def last(self, start: str) -> str | None:
        """What follows this beginning in its last line. None without one."""
        lines = self.after(start)
        return lines[-1] if lines else None

    @cached_property
    def binds(self) -> tuple[Bind, ...]:
        """The listeners."""
        split = [line.split() for line in self.after("bind")]
        return tuple(Bind(self, words[0], tuple(words[1:])) for words in split if words)

    @cached_property
    def servers(self) -> tuple[Server, ...]:
        """The servers, and in a peers section also those under `.if`."""
        split = [line.split() for line in self.after("server", "peer")]
        return tuple(Server(words[0], words[1] if len(words) > 1 else "", tuple(words[2:])) for words in split if words)

    @property
    def backends(self) -> Iterator[tuple[str, str]]:
        """Backend and condition of each `use_backend`, in order; the default has an empty condition."""
        for line in self.after("use_backend"):
            name, _, condition = line.partition(" ")
            yield name, condition.strip()
        for name in self.after("default_backend"):
            yield name, ""

    @property
    def is_tcp(self) -> bool:
        """Whether it forwards connections instead of requests."""
        return self.last("mode") == "tcp"


def sections(text: str) -> tuple[Section, ...]:
    """The sections of a configuration."""
    result: list[Section] = []
    for raw in text.splitlines():
        line = " ".join(raw.split())
        if not line or line.startswith("#"):
            continue
        kind, _, name = line.partition(" ")
        if not raw[0].isspace() and kind in _KINDS:
            result.append(Section(kind, name))
        elif result:
            result[-1].lines.append(line)
    return tuple(result)
