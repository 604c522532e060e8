"""Applies mutations to a copy of the checkout, one at a time, and runs their tests.

Each test runs in a fork of this process, which has imported the SDKs but none of the copy: their import takes longer than most
tests. Modification times are distinct, so that no compiled module outlives its source.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from lab.mutations.mutation import Mutation

SDKS = ("pydantic", "yaml", "pulumi", "pulumi_kubernetes", "pulumiverse_scaleway", "cryptography.hazmat.primitives")
OWN = ("__main__", "components", "config", "lab", "local", "plan", "policy", "probe", "sizing")
CODE = ("components", "config", "sizing", "plan")
FAILED = (1, 2, 4)
"""Exit codes of pytest: a test failed, or could not be collected because the program raised."""
Verdict = Literal["killed", "survived", "stale", "engine"]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutation."""

    topic: str
    mutation: Mutation
    verdict: Verdict
    seconds: float = 0


def copy_tracked(source: Path, target: Path) -> None:
    """Copy the files that git tracks, with their present text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=source, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (source / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((source / name).read_bytes())
            (target / name).chmod((source / name).stat().st_mode)


def run_tests(folder: Path, tests: Sequence[str]) -> int:
    """Run tests of the copy in a fork, and return pytest's exit code; their output goes to `output` beside the copy."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 70
    try:
        with (folder.parent / "output").open("wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.chdir(folder)
        os.environ["PYTHONPATH"] = str(folder)
        for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
            del sys.modules[name]
        sys.path[:] = [str(folder), *(entry for entry in sys.path if entry not in ("", str(Path(__file__).parents[2])))]
        pytest = importlib.import_module("pytest")
        code = int(pytest.main(["-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *tests]))
        sys.stdout.flush()
    finally:
        os._exit(code)


def mutated_revision(source: Path) -> str:
    """Return the last commit that changed the code, with `-dirty` if the code has other changes."""
    git = ["git", "-C", str(source)]
    shown = subprocess.run([*git, "log", "-1", "--format=%h", "--", *CODE], capture_output=True, text=True, check=True)
    dirty = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", *CODE], check=False).returncode
    return shown.stdout.strip() + ("-dirty" if dirty else "")


def earlier(kept: Path | None, commit: str) -> dict[str, Verdict]:
    """Return what an interrupted run of the same revision found, by mutation."""
    lines = kept.read_text(encoding="utf-8").splitlines() if kept and kept.exists() else []
    entries = [json.loads(line) for line in lines]
    return {entry["mutation"]: entry["verdict"] for entry in entries if entry["commit"] == commit}


def _key(mutation: Mutation) -> str:
    return json.dumps(astuple(mutation))


def run(source: Path, topics: Mapping[str, Sequence[Mutation]], commit: str, kept: Path | None) -> list[Result]:
    """Run every mutation of the topics, and print a line for each; `kept` holds those that were killed, for another run.

    Raises:
        RuntimeError: a test fails without any mutation, so that its failure would prove nothing.
    """
    for name in SDKS:
        importlib.import_module(name)
    results: list[Result] = []
    clock = count(1)
    before = earlier(kept, commit)
    with tempfile.TemporaryDirectory(prefix="mutations-") as root:
        folder = Path(root) / "copy"
        copy_tracked(source, folder)
        tests = sorted({each.test for table in topics.values() for each in table if not each.engine})
        print(f"without a mutation: {len(tests)} tests", flush=True)
        if run_tests(folder, tests):
            output = (Path(root) / "output").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"a test fails without any mutation; make it pass first:\n{output[-4000:]}")
        for topic, table in topics.items():
            for number, mutation in enumerate(table, 1):
                started = time.monotonic()
                known = "engine" if mutation.engine else before.get(_key(mutation))
                verdict = known or _verdict(folder, mutation, clock)
                if kept and verdict == "killed" and not known:
                    with kept.open("a", encoding="utf-8") as log:
                        log.write(json.dumps({"commit": commit, "mutation": _key(mutation), "verdict": verdict}) + "\n")
                result = Result(topic, mutation, verdict, time.monotonic() - started)
                print(
                    f"{topic} {number}/{len(table)}: {verdict}, {result.seconds:.0f} s: {mutation.promise}", flush=True
                )
                results.append(result)
    return results


def _verdict(folder: Path, mutation: Mutation, clock: "count[int]") -> Verdict:
    path = folder / mutation.file
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    changed = text.replace(mutation.old, mutation.new)
    if text.count(mutation.old) != 1 or not _readable(mutation.file, changed):
        return "stale"
    try:
        _write(path, changed, next(clock))
        code = run_tests(folder, [mutation.test])
    finally:
        _write(path, text, next(clock))
    if code in FAILED:
        return "killed"
    return "survived" if code == 0 else "stale"


def _readable(file: str, text: str) -> bool:
    """Whether the text is Python, in a file of Python: a program that does not compile breaks no promise."""
    try:
        return not file.endswith(".py") or bool(compile(text, file, "exec"))
    except SyntaxError:
        return False


def _write(path: Path, text: str, moment: int) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (moment, moment))
