"""The floors of the program, held by reading every import of the tree: deferred ones and those for type checkers too.

`breaches` judges any tree; each rule is tried on a small one, and the last test holds this repository to all of them.
"""

import ast
import os
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("config", "sizing", "probe", "components", "plan")
BELOW = {
    **{floor: set(FLOORS[:number]) for number, floor in enumerate(FLOORS)},
    "__main__": set(FLOORS[:-1]),
    "policy": set(FLOORS),
    "lab": {*FLOORS, "scaleway_emulator"},
    "scaleway_emulator": set(),
    "local": {"lab"},
    "benchmarks": {"lab"},
}
"""Top-level package -> the others that it may import; tests may import all."""
ENGINE_MODULES = {"config.load", "plan.evaluate", "plan.recorder", "plan.wire", "__main__"}
ENGINE_PACKAGES = ("components.kubernetes.", "policy.", "lab.")
ENGINE_CLASSES = {"ComponentResource", "CustomResource", "Component"}
ENGINE_RULE = (
    "pulumi is for modules that define a component class, components/kubernetes, folders of components with a place.py (clouds), "
    "config/load.py, plan/{evaluate,recorder,wire}.py, policy, lab and __main__.py"
)
KIND_RULE = (
    "compares cluster.kind; ask a property of Cluster (config/cluster.py), so that another cloud changes nothing here"
)

Imports = dict[str, int]


def _files(root: Path) -> Iterator[Path]:
    """Every file below `root`, without folders such as .venv."""
    for folder, folders, names in os.walk(root):
        folders[:] = [each for each in folders if not each.startswith(".")]
        yield from (Path(folder, name) for name in names)


def _sources(root: Path) -> Iterator[tuple[str, Path]]:
    """Module name and file of everything below `root` but tests; a folder with a pyproject.toml is a root of its own."""
    files = sorted(_files(root))
    projects = {file.parent for file in files if file.name == "pyproject.toml"} | {root}
    for file in (each for each in files if each.suffix == ".py"):
        home = max((folder for folder in file.parents if folder in projects), key=lambda folder: len(folder.parts))
        parts = file.relative_to(home).with_suffix("").parts
        if "tests" not in parts:
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def _nodes(file: Path) -> list[ast.AST]:
    """What the rules read of a module; nine in ten nodes are others."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [
        node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef | ast.Compare)
    ]


def _imports(nodes: list[ast.AST], modules: Mapping[str, Path]) -> Imports:
    """What a module imports -> the line; submodules by their own name, relative imports by their dots."""
    lines: Imports = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            lines |= {alias.name: node.lineno for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            full = {alias.name: f"{module}.{alias.name}" for alias in node.names}
            lines |= {full[name] if full[name] in modules else module: node.lineno for name in full}
    return lines


def _may_use_pulumi(module: str, nodes: list[ast.AST], clouds: tuple[str, ...]) -> bool:
    bases = {
        ast.unparse(base).rpartition(".")[2] for node in nodes if isinstance(node, ast.ClassDef) for base in node.bases
    }
    return (
        module in ENGINE_MODULES
        or module.startswith((*ENGINE_PACKAGES, *clouds))
        or (module.startswith("components.") and bool(bases & ENGINE_CLASSES))
    )


def _compares_kind(nodes: list[ast.AST]) -> Iterator[int]:
    """Lines that compare a cluster's kind with a value."""
    for node in nodes:
        if isinstance(node, ast.Compare) and any(
            ast.unparse(side).endswith("cluster.kind") for side in (node.left, *node.comparators)
        ):
            yield node.lineno


def _circles(imports: Mapping[str, Imports]) -> Iterator[list[str]]:
    """Modules that import each other, each followed by one that it imports; one circle for every import to take out."""
    graph = {module: lines.keys() & imports.keys() for module, lines in imports.items()}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = error.args[1][::-1]
            yield circle
            graph[circle[0]].remove(circle[1])
        else:
            return


def breaches(root: Path) -> list[str]:
    """Every import that breaks a rule, as `file:line: import; rule`, and every circle at one of its imports."""
    files = dict(_sources(root))
    nodes = {module: _nodes(file) for module, file in files.items()}
    imports = {module: _imports(read, files) for module, read in nodes.items()}
    clouds = tuple(m.removesuffix("place") for m in files if m.startswith("components.") and m.endswith(".place"))
    wired = {module for module, read in nodes.items() if _may_use_pulumi(module, read, clouds)}
    engine: set[str] = set()
    while more := {
        m for m in wired - engine if any(name in engine or name.startswith("pulumi") for name in imports[m])
    }:
        engine |= more
    found = []

    def breach(module: str, line: int, text: str) -> None:
        found.append(f"{files[module].relative_to(root)}:{line}: {text}")

    for module, read in nodes.items():
        for line in _compares_kind(read):
            breach(module, line, KIND_RULE)
    for module, lines in imports.items():
        floor = module.split(".")[0]
        if floor not in BELOW:
            breach(module, 1, f"{floor} is on no floor; name it in BELOW (tests/test_floors.py) and in CONTRIBUTING.md")
            continue
        for name, line in lines.items():
            package = name.split(".")[0]
            if not package:
                breach(module, line, f"imports {name}; imports are absolute")
            elif package in {*BELOW, "tests"} - {floor, *BELOW[floor]}:
                allowed = ", ".join(sorted(BELOW[floor])) or "nothing of the project"
                breach(module, line, f"imports {name}; {floor} may import {allowed}")
            elif name.startswith("pulumi") and module not in wired:
                breach(module, line, f"imports {name}; {ENGINE_RULE}")
            elif floor in FLOORS[:-1] and name in engine and module not in wired:
                breach(module, line, f"imports {name}, which loads pulumi; {ENGINE_RULE}")
    for circle in _circles(imports):
        breach(circle[0], imports[circle[0]][circle[1]], f"a circle of imports: {' -> '.join(circle)}")
    return found


@pytest.mark.parametrize(
    ("sources", "breach"),
    [
        ({"sizing/ports.py": "\nimport components.shard"}, "sizing/ports.py:2: imports components.shard; sizing may import config"),
        ({"config/stack.py": "def f():\n    from sizing import ports"}, "config/stack.py:2: imports sizing; config may import nothing of the project"),
        ({"plan/diff.py": "if TYPE_CHECKING:\n  import lab.engine"}, "plan/diff.py:2: imports lab.engine; plan may import components, config, probe, sizing"),
        ({"__main__.py": "import plan.report"}, "__main__.py:1: imports plan.report; __main__ may import components, config, probe, sizing"),
        ({"policy/a.py": "import lab.b"}, "policy/a.py:1: imports lab.b; policy may import components, config, plan, probe, sizing"),
        ({"lab/a.py": "import policy.b"}, "lab/a.py:1: imports policy.b; lab may import components, config, plan, probe, scaleway_emulator, sizing"),
        ({"components/a.py": "import tests.b"}, "components/a.py:1: imports tests.b; components may import config, probe, sizing"),
        (
            {"lab/emulator/pyproject.toml": "", "lab/emulator/scaleway_emulator/pools.py": "import sizing.pools"},
            "lab/emulator/scaleway_emulator/pools.py:1: imports sizing.pools; scaleway_emulator may import nothing of the project",
        ),
        ({"sizing/a.py": "from . import b"}, "sizing/a.py:1: imports .; imports are absolute"),
        ({"extras/a.py": ""}, "extras/a.py:1: extras is on no floor; name it in BELOW (tests/test_floors.py) and in CONTRIBUTING.md"),
        ({"sizing/a.py": "\nx = config.cluster.kind == 'kapsule'"}, f"sizing/a.py:2: {KIND_RULE}"),
        ({"sizing/a.py": "import pulumi"}, f"sizing/a.py:1: imports pulumi; {ENGINE_RULE}"),
        ({"components/edge.py": "import pulumiverse_scaleway.lb\nclass A(dict): ..."}, f"components/edge.py:1: imports pulumiverse_scaleway.lb; {ENGINE_RULE}"),
        (
            {"components/onprem/place.py": "import pulumi", "components/onprem/nodes.py": "import pulumi", "components/web/a.py": "import pulumi"},
            f"components/web/a.py:1: imports pulumi; {ENGINE_RULE}",
        ),
        (
            {"components/wired.py": "import pulumi\nclass A(pulumi.ComponentResource): ...", "components/kubernetes/between.py": "import components.wired", "components/texts.py": "import components.kubernetes.between"},
            f"components/texts.py:1: imports components.kubernetes.between, which loads pulumi; {ENGINE_RULE}",
        ),
        (
            {"sizing/a.py": "import sizing.b", "sizing/b.py": "def f():\n    from sizing import c", "sizing/c.py": "import sizing.a"},
            "a circle of imports: sizing.a -> sizing.b -> sizing.c -> sizing.a",
        ),
        ({"sizing/a.py": "import sizing.a"}, "sizing/a.py:1: a circle of imports: sizing.a -> sizing.a"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_each_rule_is_broken_by_one_import(tmp_path, sources, breach):
    for path, text in sources.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    found = breaches(tmp_path)
    assert len(found) == 1
    assert breach in found[0]


def test_imports_go_down_in_no_circle_and_pulumi_is_imported_where_resources_are_made():
    found = breaches(ROOT)
    assert not found, "\n".join(found)
