"""Run the program with a recorder instead of the engine. Needs no engine, cloud, cluster or secret."""

import asyncio
import heapq
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
from config.secret_keys import SECRETS
from plan.answers import KUBECONFIG
from plan.recorder import PriorState, Recorder, Resource

PROGRAM = Path(__file__).resolve().parent.parent / "__main__.py"
PLACEHOLDER_REGION = "fr-par"  # for stacks without a region, which create no Scaleway resource

_PLACEHOLDERS = {name: secret.placeholder("0") for name, secret in SECRETS.items()} | {"kubeconfig": KUBECONFIG}
_OTHER_PLACEHOLDERS = {name: secret.placeholder("1") for name, secret in SECRETS.items() if name != "kubeconfig"}
"""Values of changed secrets. The kubeconfig has none: it is unknown whether a new one names another cluster."""


class _Inline(ThreadPoolExecutor):
    """Runs each call of the SDK synchronously on the loop's thread, so that the order is deterministic."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - raised where the call is awaited
            future.set_exception(error)
        return future


def engine_config(
    values: Mapping[str, str],
    changed: Collection[str] = (),
    opened: Mapping[str, str] | None = None,
    unknown: Collection[str] = (),
) -> tuple[dict[str, str], list[str]]:
    """Return the config as the engine passes it to a program, and the keys that are secret.

    Secrets of the project and encrypted values of other namespaces get placeholders. Secrets in `changed` get a
    different placeholder; secrets in `opened` get their value from there, and those in `unknown` none.
    """
    chosen = _PLACEHOLDERS | {name: text for name, text in _OTHER_PLACEHOLDERS.items() if name in changed}
    chosen |= {name: text for name, text in (opened or {}).items() if name in SECRETS}
    secrets = {f"{PROJECT}:{name}": chosen[name] for name in SECRETS if name not in unknown}
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
    unknown: Collection[str] = (),
    prior: Mapping[str, PriorState] | None = None,
) -> Recorder:
    """Run `program` and wait for every registration. Can be called repeatedly, but not in parallel.

    Raises:
        Exception: Raised by the program, in its body or in a callback.
    """
    recorder = Recorder(values.get(REGION_KEY) or PLACEHOLDER_REGION, prior)
    config, secret_keys = engine_config(values, changed, opened, unknown)

    async def run() -> None:
        settings.set_root_resource(_NO_STACK)
        mocks.set_mocks(None, project=PROJECT, stack=stack, preview=False, monitor=recorder)  # type: ignore[arg-type]
        settings.set_root_resource(None)  # type: ignore[arg-type]
        pulumi.runtime.set_all_config(config, secret_keys)
        await run_in_stack(lambda: _run_program(program))

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
    """Cancel the tasks that a failed program left pending."""
    settings.SETTINGS.outputs.clear()  # type: ignore[attr-defined]
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


_NO_STACK: Any = object()  # keeps set_mocks from creating a stack before the program does


async def _run_program(program: Callable[[], object]) -> None:
    """Run the program and wait for its tasks until one fails. The SDK would iterate over all tasks whenever one ends."""
    program()
    failed = False
    while not failed and (left := asyncio.all_tasks() - {asyncio.current_task()}):
        done, _ = await asyncio.wait(left, return_when=asyncio.FIRST_EXCEPTION)
        failed = any(task.cancelled() or task.exception() for task in done)


def evaluate(
    values: Mapping[str, str],
    stack: str,
    program: Path = PROGRAM,
    *,
    changed_secrets: Collection[str] = (),
    opened_secrets: Mapping[str, str] | None = None,
    unknown_secrets: Collection[str] = (),
    prior: Mapping[str, PriorState] | None = None,
) -> tuple[Resource, ...]:
    """Return every resource that the program creates, each after its parent and dependencies.

    Args:
        values: The stack's config.
        stack: Name of the stack.
        program: The program's `__main__.py`.
        changed_secrets: Secrets (without `kubeconfig`) that get other placeholders than in an evaluation without them.
        opened_secrets: Decrypted secrets by name, if available, instead of placeholders.
        unknown_secrets: Secrets that the program does not know, as one of an earlier revision.
        prior: State of deployed resources by URN, if available, instead of generated ids and outputs.

    Raises:
        ConfigError: The program rejected the config.
    """
    try:
        recorder = deploy(
            lambda: runpy.run_path(str(program), run_name="__main__"),
            values,
            stack,
            changed=changed_secrets,
            opened=opened_secrets,
            unknown=unknown_secrets,
            prior=prior,
        )
    except pulumi.RunError as error:
        raise ConfigError(list(_problems(str(error)))) from None
    return tuple(_in_order(recorder.recorded))


def _in_order(recorded: Mapping[str, Resource]) -> Iterator[Resource]:
    """Sort topologically: the SDK awaits dependencies as a set, so the order of registrations varies between runs."""
    needs = {
        urn: {
            dependency
            for dependency in (resource.parent or "", resource.provider.rpartition("::")[0], *resource.dependencies)
            if dependency in recorded and dependency != urn
        }
        for urn, resource in recorded.items()
    }
    needed_by: dict[str, list[str]] = {}
    for urn, dependencies in needs.items():
        for dependency in dependencies:
            needed_by.setdefault(dependency, []).append(urn)
    ready = [(recorded[urn].type, recorded[urn].name, urn) for urn, dependencies in needs.items() if not dependencies]
    heapq.heapify(ready)
    while ready:
        _, _, urn = heapq.heappop(ready)
        yield recorded[urn]
        for other in needed_by.get(urn, ()):
            needs[other].discard(urn)
            if not needs[other]:
                heapq.heappush(ready, (recorded[other].type, recorded[other].name, other))


def _problems(message: str) -> list[Problem]:
    """Return the lines of an error that name a key, or the whole message if none does."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    keyed = [line.split(": ", maxsplit=1) for line in lines if ": " in line]
    return [Problem(where, what) for where, what in keyed] or [Problem("program", " ".join(lines))]
