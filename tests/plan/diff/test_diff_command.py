"""`plan diff` as it is typed, in a repository of its own: what it prints, how it refuses, and that it leaves nothing behind."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
STACK = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:bridges": {"min": 2, "max": 6},
    "jitsi:shards": [{"name": "s0", "zone": "fr-par-1"}],
}


class Repository:
    """The program in a repository with commits of its own."""

    def __init__(self, folder):
        self.folder, self.temporary = folder / "repository", folder / "temporary"
        self.temporary.mkdir()
        for name in ("config", "sizing", "components", "plan", "probe"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("__main__.py", "Pulumi.yaml"):
            shutil.copy(ROOT / name, self.folder)
        self.git("init", "-q", "-b", "main")
        self.stack()
        self.commit("first")

    def git(self, *arguments):
        plain = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        name = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        done = subprocess.run(
            ["git", *name, *arguments],
            cwd=self.folder,
            env=os.environ | plain,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, tag):
        self.git("add", "--all")
        self.git("commit", "-q", "-m", tag)
        self.git("tag", "-f", tag)

    def stack(self, path="Pulumi.demo.yaml", **keys):
        """Write the stack file with other keys."""
        config = STACK | {f"jitsi:{key}": value for key, value in keys.items()}
        (self.folder / path).write_text(yaml.safe_dump({"config": config}), encoding="utf-8")

    def edit(self, path, old, new):
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def diff(self, *arguments, cwd=None, **environment):
        """Status, standard output, standard error; and nothing is left behind."""
        done = subprocess.run(
            [sys.executable, "-m", "plan", "diff", *map(str, arguments)],
            cwd=cwd or self.folder,
            env=os.environ | {"TMPDIR": str(self.temporary), "PYTHONDONTWRITEBYTECODE": "1"} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert list(self.temporary.iterdir()) == []
        assert self.git("worktree", "list").count("\n") == 0
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


# Each test runs the command as a process, with another process for the base: seconds on a machine that does nothing else.
pytestmark = [pytest.mark.tools, pytest.mark.timeout(600)]  # git, and programs in processes of their own


def test_a_changed_stack_file_is_compared_with_a_revision(repository):
    repository.stack(bridges={"min": 2, "max": 6, "drain": {"deadline": "2h", "migrateAfter": "10m"}})
    status, out, err = repository.diff("--stack", "demo", "--base", "main")
    assert (status, err) == (0, "")
    first, _, worst, *_ = out.splitlines()
    assert first.startswith("Stack demo against main: ")
    assert first.endswith("1 drains 2..6 bridges of s0, none drops a call")
    assert worst.startswith("drains   ~ update   s0-bridges-host-port-0 ")
    status, out, _ = repository.diff("--stack", "demo", "--base", "first", "--json")
    made = json.loads(out)
    assert status == 0
    assert made["changes"][0] == {
        "type": "kubernetes:apps/v1:Deployment",
        "name": "s0-bridges-host-port-0",
        "operation": "update",
        "paths": made["changes"][0]["paths"],
        "disruption": "drains",
        "bridges": 6,
        "bridgesAtLeast": 2,
        "why": made["changes"][0]["why"],
        "source": "",
    }
    assert "spec.template.spec.terminationGracePeriodSeconds" in made["changes"][0]["paths"]
    assert made["summary"]["drains"] == {"changes": 1, "bridges": {"min": 2, "max": 6}, "shards": ["s0"]}
    assert repository.git("status", "--porcelain") == "M Pulumi.demo.yaml"


def test_a_changed_program_is_compared_with_the_program_of_the_revision(repository):
    assert repository.diff("--stack", "demo", "--base", "first")[1] == "Stack demo against first: no changes\n"
    repository.edit(
        "components/kubernetes/labels.py", '"app.kubernetes.io/part-of": "jitsi"', '"app.kubernetes.io/part-of": "meet"'
    )
    made = json.loads(repository.diff("--stack", "demo", "--base", "first", "--json")[1])
    paths = {path for change in made["changes"] for path in change["paths"]}
    assert 'metadata.labels["app.kubernetes.io/part-of"]' in paths
    assert made["summary"]["operations"]["update"] > 20


def test_a_revision_without_a_recorder_is_compared_all_the_same(repository):
    for name in ("recorder", "evaluate", "wire", "answers", "render"):
        (repository.folder / f"plan/{name}.py").unlink()
    shutil.rmtree(repository.folder / "plan/diff")
    repository.commit("before")
    repository.git("checkout", "-q", "first")
    status, out, err = repository.diff("--stack", "demo", "--base", "before")
    assert (status, out, err) == (0, "Stack demo against before: no changes\n", "")


def test_a_new_stack_file_makes_everything_new_and_says_so(repository):
    repository.stack("Pulumi.other.yaml")
    status, out, _ = repository.diff("--stack", "other", "--base", "first", "--json")
    made = json.loads(out)
    assert status == 0
    assert {(change["operation"], change["disruption"]) for change in made["changes"]} == {("create", "none")}
    assert "did not exist at first" in made["notes"][0]


def test_a_stack_file_outside_the_repository_stands_on_both_sides(repository, tmp_path):
    file = tmp_path / "Pulumi.far.yaml"
    file.write_text(yaml.safe_dump({"config": STACK}), encoding="utf-8")
    status, out, _ = repository.diff("--file", file, "--base", "first")
    assert status == 0
    assert out.startswith("Stack far against first: no changes\n")
    assert "is outside the program's repository" in out


def test_two_files_are_compared_without_a_repository(repository, tmp_path):
    shutil.rmtree(repository.folder / ".git")
    repository.git("init", "-q")
    file = tmp_path / "before.yaml"
    file.write_text(yaml.safe_dump({"config": STACK | {"jitsi:bridges": {"min": 2, "max": 9}}}), encoding="utf-8")
    status, out, _ = repository.diff("--stack", "demo", "--base-file", file)
    assert status == 0
    assert "0..3 bridges of s0: at most 6 bridges instead of 9" in out


@pytest.mark.parametrize(
    ("web", "says"),
    [("&w {config: *w}", "an anchor (&) contains an alias (*) of itself"), ("{config: {2020-01-01: x}}", "web.config")],
)
def test_a_base_file_that_cannot_be_evaluated_is_refused_with_its_place(repository, tmp_path, web, says):
    file = tmp_path / "before.yaml"
    file.write_text(yaml.safe_dump({"config": STACK}) + f"  jitsi:web: {web}\n", encoding="utf-8")
    status, out, err = repository.diff("--stack", "demo", "--base-file", file)
    assert (status, out) == (2, "")
    assert says in err


def test_files_of_a_stack_in_a_folder_of_its_own_are_those_of_the_revision(repository):
    (repository.folder / "prod").mkdir()
    logo = repository.folder / "prod/logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    repository.stack("prod/Pulumi.x.yaml", web={"files": {"images/logo.svg": {"file": "logo.svg"}}})
    repository.commit("logo")
    same = repository.diff("--file", "prod/Pulumi.x.yaml", "--base", "HEAD")
    assert same == (0, "Stack x against HEAD: no changes\n", "")
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>', encoding="utf-8")
    _, out, _ = repository.diff("--file", "prod/Pulumi.x.yaml", "--base", "HEAD", "--json")
    assert any("web" in change["name"] for change in json.loads(out)["changes"])


def test_a_renamed_stack_file_is_compared_with_what_it_was_called_at_the_revision(repository):
    repository.git("mv", "Pulumi.demo.yaml", "Pulumi.renamed.yaml")
    status, out, err = repository.diff("--stack", "renamed", "--base", "HEAD", "--base-file", "Pulumi.demo.yaml")
    assert (status, err) == (0, "")
    assert out == "Stack renamed against HEAD Pulumi.demo.yaml: no changes\n"
    status, _, err = repository.diff("--stack", "renamed", "--base", "HEAD", "--base-file", "Pulumi.never.yaml")
    assert (status, err) == (2, "Pulumi.never.yaml: no such stack file; stack files are named Pulumi.<stack>.yaml\n")


def test_an_encrypted_seed_that_stands_differently_shows_what_may_follow_and_never_the_text(repository):
    repository.stack(secretSeed={"secure": "v1:AAAA:before"})
    repository.commit("sealed")
    repository.stack(secretSeed={"secure": "v1:BBBB:after"})
    _, out, _ = repository.diff("--stack", "demo", "--base", "sealed")
    assert "jitsi:secretSeed differs" in out
    assert "drops" in out.splitlines()[2]
    assert not any(text in out for text in ("AAAA", "BBBB", "v1:"))


def test_an_encrypted_password_of_the_telephones_that_stands_differently_shows_the_roll_of_the_gateways(repository):
    sip = {"sip": {"account": "a@sip.example.org", "server": "sip.example.org"}}
    repository.stack(jigasi=sip, sipPassword={"secure": "v1:AAAA:before"})
    repository.commit("sealed")
    repository.stack(jigasi=sip, sipPassword={"secure": "v1:BBBB:after"})
    _, out, _ = repository.diff("--stack", "demo", "--base", "sealed", "--json")
    made = json.loads(out)
    changed = {change["name"]: change["paths"] for change in made["changes"]}
    assert 'spec.template.metadata.annotations["jitsi.org/secrets"]' in changed["jitsi-gateway-jigasi"]
    assert "jitsi-gateway-passwords" in changed
    (note,) = made["notes"]
    assert note.startswith("jitsi:sipPassword differs in the stack file. Its value is not read here: values derived")


def test_a_comment_for_a_pull_request_has_a_mark_by_which_it_is_found_again(repository):
    repository.stack(images={"tag": "stable-11146-3"})
    status, out, _ = repository.diff("--stack", "demo", "--base", "main", "--markdown")
    assert status == 0
    assert out.startswith("<!-- plan diff: demo -->\n### `demo` against `main`\n")
    assert "| 🔴 drops | `s0-prosody` | ~ update: `spec.template.spec.containers[0].image`" in out
    assert out.count("<details>") == out.count("</details>") == 1


def test_the_program_of_the_base_gets_no_credentials(repository):
    repository.edit(
        "__main__.py",
        "import pulumi\n",
        "import os\nimport pulumi\n\nassert 'SCW_SECRET_KEY' not in os.environ, 'seen'\n",
    )
    repository.commit("curious")
    repository.git("checkout", "-q", "first")
    status, _, err = repository.diff("--stack", "demo", "--base", "curious", SCW_SECRET_KEY="not-for-you")
    assert (status, err) == (0, "")


def broken_program(repository):
    (repository.folder / "__main__.py").write_text("import no_such_module\n")


def no_program(repository):
    (repository.folder / "__main__.py").unlink()


def bad_config(repository):
    repository.stack(bridges={"min": 9, "max": 4})


def no_yaml(repository):
    (repository.folder / "Pulumi.demo.yaml").write_text("config: [")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (
            broken_program,
            ("--base: the program of bad cannot be evaluated here", "no_such_module", "name a later revision"),
        ),
        (no_program, ("--base: 'bad': there is no Pulumi program",)),
        (bad_config, ("bad: bridges", "9", "4")),
        (no_yaml, ("bad: Pulumi.demo.yaml: is not YAML",)),
    ],
)
def test_a_base_that_cannot_be_evaluated_is_explained(repository, spoil, expected):
    spoil(repository)
    repository.commit("bad")
    repository.git("checkout", "-q", "first")
    status, out, err = repository.diff("--stack", "demo", "--base", "bad")
    assert (status, out) == (2, "")
    for text in expected:
        assert text in err
    assert all(": " in line for line in err.splitlines())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--stack", "demo"), "--base: names no revision"),
        (("--stack", "demo", "--base", ""), "--base: '': names no revision"),
        (("--stack", "demo", "--base", "gone"), "git fetch"),
        (("--stack", "demo", "--base=--output=x"), "no such commit"),
        (("--stack", "demo", "--base-file", "gone.yaml"), "gone.yaml: no such stack file"),
        (("--stack", "gone", "--base", "main"), "Pulumi.gone.yaml: no such stack file"),
    ],
)
def test_a_side_that_is_not_there_is_refused_in_one_line(repository, arguments, expected):
    status, out, err = repository.diff(*arguments)
    assert (status, out) == (2, "")
    assert expected in err
    assert err.count("\n") == 1


def test_a_program_in_no_repository_is_told_how_else(repository):
    shutil.rmtree(repository.folder / ".git")
    done = subprocess.run(
        [sys.executable, "-m", "plan", "diff", "--stack", "demo", "--base", "main"],
        cwd=repository.folder,
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(repository.folder.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no git repository" in done.stderr
    assert "--base-file" in done.stderr
