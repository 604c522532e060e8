"""Evaluate the program of another folder in a separate process, with that folder's modules.

The recorder is this revision's: it is loaded first, then all modules of the project are removed from `sys.modules`, and the
program imports its own. So the base needs no recorder, and both sides are recorded in the same way.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from config.problems import ConfigError, Problem
from plan.recorder import Resource

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("plan", "config", "components", "probe")
SECONDS = 300.0
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
"""Environment variables passed to the program of another revision; no credentials."""


class Evaluation:
    """An evaluation that runs in the background; `resources` waits for it."""

    def __init__(self, child: subprocess.Popen[str], answer: Path, label: str) -> None:
        self._child = child
        self._answer = answer
        self._label = label

    def resources(self) -> tuple[Resource, ...]:
        """Return every resource that the program creates.

        Raises:
            ConfigError: The program rejected the config, or failed.
        """
        try:
            _, errors = self._child.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise _failed(self._label, f"its program did not end within {SECONDS:.0f} s") from None
        text = self._answer.read_text(encoding="utf-8")
        if self._child.returncode or not text:
            raise _failed(self._label, _last_line(errors))
        answer = json.loads(text)
        if "problems" in answer:
            raise ConfigError([Problem(f"{self._label}: {where}", what) for where, what in answer["problems"]])
        return tuple(_resource(fields) for fields in answer["resources"])


@contextmanager
def evaluation(folder: Path, values: Mapping[str, str], stack: str, label: str) -> Iterator[Evaluation]:
    """Start evaluating the program in `folder`; leaving the block ends the process. `label` appears in messages."""
    with NamedTemporaryFile(prefix="plan-diff-", suffix=".json") as answer:
        question = {"program": str(folder), "values": dict(values), "stack": stack, "answer": answer.name}
        with subprocess.Popen(
            # -P: the working directory must not shadow this revision's modules.
            [sys.executable, "-P", "-m", "plan.diff.isolated"],
            cwd=folder,
            env={name: os.environ[name] for name in _KEPT if name in os.environ} | {"PYTHONPATH": str(PROJECT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            try:
                if child.stdin:
                    child.stdin.write(json.dumps(question))
                    child.stdin.close()
                    child.stdin = None
                yield Evaluation(child, Path(answer.name), label)
            finally:
                if child.poll() is None:
                    child.kill()


def _failed(label: str, reason: str) -> ConfigError:
    return ConfigError(
        [Problem("--base", f"the program of {label} cannot be evaluated here: {reason}; name a later revision")]
    )


def _last_line(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return lines[-1] if lines else "it ended without an error message"


def _resource(fields: dict[str, Any]) -> Resource:
    tuples: dict[str, Any] = {
        name: tuple(fields[name]) for name in ("dependencies", "aliases", "ignore_changes", "secret_fields")
    }
    return Resource(**{**fields, **tuples})


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    # Imported before the project's modules are removed.
    from config.secret_keys import SECRETS  # noqa: PLC0415
    from plan.evaluate import evaluate  # noqa: PLC0415

    folder = Path(question["program"])
    for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
        del sys.modules[name]
    sys.path[:] = [str(folder), *(path for path in sys.path if path not in (str(PROJECT), str(folder), ""))]
    unknown: frozenset[str] = frozenset()
    while True:
        try:
            resources = evaluate(question["values"], question["stack"], folder / "__main__.py", unknown_secrets=unknown)
        except ConfigError as error:
            # A placeholder of a secret that came later than the program is no problem of the stack file.
            newer = {problem.where for problem in error.problems if problem.what.startswith("unknown key")} & {*SECRETS}
            if newer <= unknown:
                return {"problems": [[problem.where, problem.what] for problem in error.problems]}
            unknown |= newer
        else:
            return {"resources": [asdict(resource) for resource in resources]}


def main() -> int:
    """Read a question from standard input and write the answer to the file named in it."""
    question = json.load(sys.stdin)
    sys.stdout = sys.stderr  # the program's output is not part of the answer
    Path(question["answer"]).write_text(json.dumps(_answer(question)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
