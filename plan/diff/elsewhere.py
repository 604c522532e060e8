"""Evaluates the program of another folder, in a process of its own, so that its modules and not these are its own.

The recorder is this revision's: it is loaded first, then all modules of the project are forgotten, and the program finds
those of its own folder. So a base needs no recorder, and both sides are recorded alike.
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
"""Variables that the program of another revision gets; no credential is among them."""


class Evaluation:
    """An evaluation that runs meanwhile; `resources` waits for it."""

    def __init__(self, child: subprocess.Popen[str], answer: Path, named: str) -> None:
        self._child = child
        self._answer = answer
        self._named = named

    def resources(self) -> tuple[Resource, ...]:
        """Everything that the program makes.

        Raises:
            ConfigError: the program refused the config, or failed.
        """
        try:
            _, said = self._child.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise _failed(self._named, f"its program did not end within {SECONDS:.0f} s") from None
        text = self._answer.read_text(encoding="utf-8")
        if self._child.returncode or not text:
            raise _failed(self._named, _last_line(said))
        answer = json.loads(text)
        if "problems" in answer:
            raise ConfigError([Problem(f"{self._named}: {where}", what) for where, what in answer["problems"]])
        return tuple(_resource(fields) for fields in answer["resources"])


@contextmanager
def evaluation(folder: Path, values: Mapping[str, str], stack: str, named: str) -> Iterator[Evaluation]:
    """Begin to evaluate the program in `folder`; the process is ended with the block. `named` stands in messages."""
    with NamedTemporaryFile(prefix="plan-diff-", suffix=".json") as answer:
        question = {"program": str(folder), "values": dict(values), "stack": stack, "answer": answer.name}
        with subprocess.Popen(
            # -P: the folder that it runs in must not come before this revision's modules.
            [sys.executable, "-P", "-m", "plan.diff.elsewhere"],
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
                yield Evaluation(child, Path(answer.name), named)
            finally:
                if child.poll() is None:
                    child.kill()


def _failed(named: str, reason: str) -> ConfigError:
    return ConfigError(
        [Problem("--base", f"the program of {named} cannot be evaluated here: {reason}; name a later revision")]
    )


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it ended without a word"


def _resource(fields: dict[str, Any]) -> Resource:
    tuples: dict[str, Any] = {
        name: tuple(fields[name]) for name in ("dependencies", "aliases", "ignore_changes", "secret_fields")
    }
    return Resource(**{**fields, **tuples})


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    from plan.evaluate import evaluate  # noqa: PLC0415 - loaded here so that its modules are this revision's

    folder = Path(question["program"])
    for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
        del sys.modules[name]
    sys.path[:] = [str(folder), *(place for place in sys.path if place not in (str(PROJECT), str(folder), ""))]
    try:
        made = evaluate(question["values"], question["stack"], folder / "__main__.py")
    except ConfigError as error:
        return {"problems": [[problem.where, problem.what] for problem in error.problems]}
    return {"resources": [asdict(resource) for resource in made]}


def main() -> int:
    """Read a question from standard input and write its answer to the file that it names."""
    question = json.load(sys.stdin)
    sys.stdout = sys.stderr  # what the program prints is nobody's answer
    Path(question["answer"]).write_text(json.dumps(_answer(question)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
