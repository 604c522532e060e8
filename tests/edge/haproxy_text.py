"""A linter for the texts that this program writes: what `haproxy -c` lets pass, and would still be a mistake."""

from __future__ import annotations

import re
from collections import defaultdict


def sections(text: str) -> dict[str, list[str]]:
    """Section heading -> its lines, stripped, without comments."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line and not line.startswith((" ", ".", "#")):
            lines = []
            assert line not in found, f"two sections are called {line}"
            found[line] = lines
        elif line.strip() and not line.strip().startswith("#"):
            lines.append(line.strip())
    return found


def problems(text: str) -> list[str]:
    """Everything that the linter does not like; empty for a clean configuration."""
    found = sections(text)
    proxies = {heading.split()[1]: lines for heading, lines in found.items() if heading.split()[0] in PROXIES}
    return [
        *_references(proxies),
        *_variables(proxies),
        *_servers(proxies),
        *_closed(found, proxies),
        *(f"line {n}: ends in a space" for n, line in enumerate(text.splitlines(), 1) if line != line.rstrip()),
    ]


PROXIES = ("frontend", "backend", "listen")
_TIMEOUTS = ("connect", "client", "server", "http-request", "http-keep-alive", "queue", "tunnel", "client-fin")


def _references(proxies: dict[str, list[str]]):
    whole = "\n".join(line for lines in proxies.values() for line in lines)
    for name, lines in proxies.items():
        text = "\n".join(lines)
        for acl in re.findall(r"^acl (\S+)", text, re.MULTILINE):
            used = re.search(
                rf"(?:if|unless|or|\s)\s!?{acl}(?:\s|$)",
                re.sub(rf"^acl {acl} .*$", "", text, flags=re.MULTILINE),
                re.MULTILINE,
            )
            if not used:
                yield f"{name}: acl {acl} is never asked"
        for target in re.findall(r"^(?:use_backend|default_backend) (\S+)", text, re.MULTILINE):
            if target not in proxies:
                yield f"{name}: no backend {target}"
        for table in map("".join, re.findall(r"(?:in_table|table_gpt0)\((\w+)\)| table (\w+)", text)):
            if not any(line.startswith("stick-table") for line in proxies.get(table, [])):
                yield f"{name}: no table {table}"
        for backend, server in re.findall(r"srv_is_up\((\w+)/([\w-]+)\)", text):
            if not any(line.startswith(f"server {server} ") for line in proxies.get(backend, [])):
                yield f"{name}: no server {backend}/{server}"
    for name, lines in proxies.items():
        held = any(line.startswith("stick-table") for line in lines)
        if held and not re.search(rf"(?:\({name}\)|,{name}\)| table {name}(?:\s|$))", whole):
            yield f"table {name} is never used"


def _variables(proxies: dict[str, list[str]]):
    for name, lines in proxies.items():
        known: set[str] = set()
        for line in lines:
            for variable in re.findall(r"(?:[^-]var\(|(?:sub|and|or|concat\(/,)\(?)(txn\.\w+)", line):
                if variable not in known and not line.startswith("acl"):
                    yield f"{name}: {variable} is read before it is set: {line}"
            known |= set(re.findall(r"set-var\((txn\.\w+)\)", line))


def _servers(proxies: dict[str, list[str]]):
    for name, lines in proxies.items():
        ids: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            if match := re.match(r"server (\S+) \S+.* id (\d+)", line):
                ids[match[2]].append(match[1])
        yield from (
            f"{name}: servers {', '.join(names)} share id {number}" for number, names in ids.items() if names[1:]
        )


def _closed(found: dict[str, list[str]], proxies: dict[str, list[str]]):
    defaults = found["defaults"]
    for timeout in _TIMEOUTS:
        if not any(line.startswith(f"timeout {timeout} ") for line in defaults):
            yield f"defaults: no timeout {timeout}"
    for line in found["global"]:
        if line.startswith("stats socket") and ("mode 600" not in line or not line.split()[2].startswith("/")):
            yield f"global: the admin socket is open: {line}"
    for name, lines in proxies.items():
        for line in lines:
            if line.startswith("stats ") or "level admin" in line:
                yield f"{name}: statistics page or admin interface: {line}"
