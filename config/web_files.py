"""Files that web serves in addition to Jitsi's: where their content comes from, and how large they may be."""

from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from config.problems import Problem
from config.served_paths import WELL_KNOWN, is_jitsi_file, path_problem
from config.web import Web

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
"""Folder of the program and, usually, of its stack files."""

MAX_FILE_BYTES = 1 << 20
"""Size of one file: a ConfigMap holds 1 MiB (Kubernetes' ValidateConfigMap, MaxSecretSize)."""
MAX_TOTAL_BYTES = 8 << 20
MAX_FILES = 200
"""Each file is a separate mount in every web pod; assumed to be what container runtimes start without noticeable delay."""


def beside(text: str) -> Path:
    """Resolve a path of the stack file from the program's folder."""
    return PROJECT_FOLDER / text


def read(web: Web, without: Collection[str] = ()) -> dict[str, bytes]:
    """Return served path -> content of `web.files` and `web.folder`, sorted by path, `without` some sources; `web.files` wins."""
    contents: dict[str, bytes] = {}
    if web.folder is not None and "web.folder" not in without:
        listed = {path: file for path, file in _listed(beside(web.folder)) if path_problem(path) is None}
        contents |= {path: file.read_bytes() for path, file in listed.items() if f"web.folder: {path}" not in without}
    for path, content in web.files.items():
        if content.text is not None:
            contents[path] = content.text.encode()
        elif content.file is not None and f"web.files.{path}.file" not in without:
            contents[path] = beside(content.file).read_bytes()
    return dict(sorted(contents.items()))


def problems(web: Web) -> Iterator[Problem]:
    """Yield the problems of the files."""
    generated = web.generated
    unreadable = list(_unreadable(web))
    yield from unreadable
    contents = read(web, without={problem.where for problem in unreadable})
    for path, content in contents.items():
        where = f"web.files.{path}" if path in web.files else f"web.folder: {path}"
        if path in generated:
            yield Problem(where, f"is already generated from {generated[path]}; keep one of them")
        elif is_jitsi_file(path) and path not in web.replace:
            yield Problem(
                where,
                f"would replace Jitsi's own {path}, which every page depends on; to do so anyway, set web.replace: [{path}]",
            )
        if len(content) > MAX_FILE_BYTES:
            yield Problem(
                where,
                f"has {len(content)} bytes, and a ConfigMap, from which it is served, holds {MAX_FILE_BYTES}; make it smaller, or put "
                "it into Object Storage and use its URL",
            )
    total = sum(map(len, contents.values()))
    if total > MAX_TOTAL_BYTES:
        yield Problem(
            "web.folder" if web.folder else "web.files",
            f"{total} bytes in all, but at most {MAX_TOTAL_BYTES} fit into the cluster's store; put large files into Object "
            "Storage and use their URLs",
        )
    if len(contents) > MAX_FILES:
        yield Problem(
            "web.folder" if web.folder else "web.files",
            f"{len(contents)} files, but at most {MAX_FILES}, as each is a mount in every web pod; build your own image "
            "(images.registry), or use Object Storage",
        )


def _unreadable(web: Web) -> Iterator[Problem]:
    for where, text in _references(web):
        if ".." in PurePosixPath(text).parts or not text:
            yield Problem(where, f"must be next to the stack file or below it, without '..'; got {text!r}")
    if web.folder is not None:
        folder = beside(web.folder)
        if not folder.is_dir():
            yield Problem("web.folder", f"no folder {web.folder} next to the stack file; create it, or remove the key")
        else:
            for path, file in _listed(folder):
                if problem := path_problem(path):
                    yield Problem(f"web.folder: {path}", problem)
                elif not file.resolve().is_relative_to(folder.resolve()):
                    yield Problem(f"web.folder: {path}", "is a link that leaves the folder; put the file there instead")
                else:
                    yield from _read_problems(f"web.folder: {path}", file)
    for path, content in web.files.items():
        if content.file is not None:
            yield from _read_problems(f"web.files.{path}.file", beside(content.file))


def _references(web: Web) -> Iterator[tuple[str, str]]:
    if web.folder is not None:
        yield "web.folder", web.folder
    for path, content in web.files.items():
        if content.file is not None:
            yield f"web.files.{path}.file", content.file


def _read_problems(where: str, file: Path) -> Iterator[Problem]:
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        yield Problem(where, f"cannot be read: {error.strerror or error}; paths are relative to the stack file")


def _listed(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield served path and file, without hidden files, which systems and editors leave behind."""
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        hidden = any(part.startswith(".") and (place or part != WELL_KNOWN) for place, part in enumerate(parts))
        if not hidden and (file.is_file() or (file.is_symlink() and not file.is_dir())):
            yield "/".join(parts), file
