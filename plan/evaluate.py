"""Runs the program with the recorder in the engine's place: no engine, cloud, cluster or secret is needed."""

import asyncio
import heapq
import json
import runpy
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks, settings
from pulumi.runtime.stack import run_in_stack

from config.problems import ConfigError, Problem
from config.read import PROJECT, REGION_KEY
from config.secret_keys import SECRET_KEYS
from plan.answers import KUBECONFIG
from plan.recorder import Known, Recorder, Resource

PROGRAM = Path(__file__).resolve().parent.parent / "__main__.py"
ANYWHERE = "fr-par"  # region of ids where the stack has none, as no Scaleway resource is made then

_GOOGLE = ("project_id", "private_key_id", "private_key", "client_email", "client_id", "client_x509_cert_url")
_PLACEHOLDERS = {
    "kubeconfig": KUBECONFIG,
    "secretSeed": "0" * 64,
    "jwtSecret": "0" * 64,
    "sipPassword": "0" * 64,
    "googleCredentials": json.dumps(dict.fromkeys(_GOOGLE, "0")),
    "recordingAccessKey": "0" * 64,
    "recordingSecretKey": "0" * 64,
    "lokiPassword": "0" * 64,
    "ldapPassword": "0" * 64,
    "users": json.dumps({"placeholder": "0" * 64}),
}
_OTHER_PLACEHOLDERS = {
    "secretSeed": "1" * 64,
    "jwtSecret": "1" * 64,
    "sipPassword": "1" * 64,
    "googleCredentials": json.dumps(dict.fromkeys(_GOOGLE, "1")),
    "recordingAccessKey": "1" * 64,
    "recordingSecretKey": "1" * 64,
    "lokiPassword": "1" * 64,
    "ldapPassword": "1" * 64,
    "users": json.dumps({"placeholder": "1" * 64}),
}
"""For secrets that are to count as changed, beside an evaluation with the first ones. Another kubeconfig is another cluster or
not, which nobody can tell: it has none."""


class _Inline(ThreadPoolExecutor):
    """Answers each call of the SDK at once, on the loop's own thread, so that the order never depends on threads."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - handed on to whoever awaits the call
            future.set_exception(error)
        return future


def engine_config(
    values: Mapping[str, str], changed: Collection[str] = (), opened: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[str]]:
    """Config as the engine hands it to a program, and which keys are secret.

    The secrets get placeholders, whatever the file says, and so does every encrypted value outside the project; those
    named in `changed` get another one than usual, those in `opened` the value that stands there.
    """
    chosen = _PLACEHOLDERS | {name: text for name, text in _OTHER_PLACEHOLDERS.items() if name in changed}
    chosen |= {name: text for name, text in (opened or {}).items() if name in SECRET_KEYS}
    secrets = {f"{PROJECT}:{name}": chosen.get(name, "placeholder") for name in SECRET_KEYS}
    closed = {
        key: "placeholder"
        for key, text in values.items()
        if not text and key.partition(":")[0] not in (PROJECT, "pulumi")
    }
    return {**values, **closed, **secrets}, [*closed, *secrets]


def deploy(
    program: Callable[[], object],
    values: Mapping[str, str],
    stack: str,
    *,
    changed: Collection[str] = (),
    opened: Mapping[str, str] | None = None,
    known: Mapping[str, Known] | None = None,
) -> Recorder:
    """Run `program` to its end; every registration has landed when this returns. Safe to call repeatedly, not in parallel.

    Raises:
        Exception: whatever the program raised, in its body or in a callback.
    """
    recorder = Recorder(values.get(REGION_KEY) or ANYWHERE, known)
    config, secret_keys = engine_config(values, changed, opened)

    async def run() -> None:
        settings.set_root_resource(_NO_STACK)
        mocks.set_mocks(None, project=PROJECT, stack=stack, preview=False, monitor=recorder)  # type: ignore[arg-type]
        settings.set_root_resource(None)  # type: ignore[arg-type]
        pulumi.runtime.set_all_config(config, secret_keys)
        await run_in_stack(lambda: _started(program))

    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Inline(1))
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(run())
    finally:
        _end(loop)
        asyncio.set_event_loop(None)
        loop.close()
    return recorder


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what a program that failed has left waiting."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


_NO_STACK: Any = object()  # keeps set_mocks from making a stack of its own before the program's


def _started(program: Callable[[], object]) -> None:
    program()


def evaluate(
    values: Mapping[str, str],
    stack: str,
    program: Path = PROGRAM,
    *,
    changed_secrets: Collection[str] = (),
    opened_secrets: Mapping[str, str] | None = None,
    known: Mapping[str, Known] | None = None,
) -> tuple[Resource, ...]:
    """Every resource that the program makes for a stack's config: each after its parent and what it depends on.

    `changed_secrets`, all but `kubeconfig`, count as different from those of any evaluation without them.
    `opened_secrets` and `known`, by URN, are for who has them: what follows from secrets, and ids, are then the real ones.

    Raises:
        ConfigError: the program refused the config.
    """
    try:
        recorder = deploy(
            lambda: runpy.run_path(str(program), run_name="__main__"),
            values,
            stack,
            changed=changed_secrets,
            opened=opened_secrets,
            known=known,
        )
    except pulumi.RunError as error:
        raise ConfigError(list(_problems(str(error)))) from None
    return tuple(_in_order(recorder.recorded))


def _in_order(recorded: Mapping[str, Resource]) -> Iterator[Resource]:
    """The same at every evaluation: the SDK awaits the dependencies of a resource as a set, so registrations overtake each other."""
    needs = {
        urn: {
            one
            for one in (resource.parent or "", resource.provider.rpartition("::")[0], *resource.dependencies)
            if one in recorded and one != urn
        }
        for urn, resource in recorded.items()
    }
    needed_by: dict[str, list[str]] = {}
    for urn, ones in needs.items():
        for one in ones:
            needed_by.setdefault(one, []).append(urn)
    ready = [(recorded[urn].type, recorded[urn].name, urn) for urn, ones in needs.items() if not ones]
    heapq.heapify(ready)
    while ready:
        _, _, urn = heapq.heappop(ready)
        yield recorded[urn]
        for other in needed_by.get(urn, ()):
            needs[other].discard(urn)
            if not needs[other]:
                heapq.heappush(ready, (recorded[other].type, recorded[other].name, other))


def _problems(message: str) -> list[Problem]:
    """The lines of a refusal that name a key, or all of it where none does."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    keyed = [line.split(": ", maxsplit=1) for line in lines if ": " in line]
    return [Problem(where, what) for where, what in keyed] or [Problem("program", " ".join(lines))]
