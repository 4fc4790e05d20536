"""Holds every #include of our own to the table of directories in ARCHITECTURE.md."""
import pathlib
import re

from tree import ROOT, files

ROW = re.compile(r"^\| ([a-z][a-z/_-]*) \| .* \| ([a-z/_ -]*) ?\|$", re.MULTILINE)
ROOMS = pathlib.Path("controlplane/api")  # each of which may use only what its row names
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def table() -> dict[str, set[str]]:
    """directory -> what it may use, as ARCHITECTURE.md says."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    return {name: set(used.split()) for name, used in ROW.findall(text) if name != "directory"}


def owner(path: pathlib.Path, rows: dict[str, set[str]]) -> str | None:
    """The row a file belongs to: the longest that is a parent of it."""
    parents = [str(p) for p in path.parents]
    return next((p for p in parents if p in rows), None)


def refused(path: pathlib.Path, include: str, rows: dict[str, set[str]]) -> str | None:
    """Why `path` may not have this include; nothing if it may."""
    mine = owner(path, rows)
    if mine is None:
        return f"{path}: its directory is not in the table of ARCHITECTURE.md"
    if not (ROOT / include).is_file():
        beside = ROOT / path.parent / include
        return None if mine == "tests" and beside.is_file() else f'{path}: "{include}" is not a path from the root'
    theirs = owner(pathlib.Path(include), rows)
    allowed = rows[mine] | {mine}
    beside_each_other = pathlib.Path(theirs or ".").parent == pathlib.Path(mine).parent == ROOMS
    if theirs in allowed or ((theirs or "").split("/")[0] in allowed and not beside_each_other):
        return None
    return f"{path}: {mine} may not use {theirs} ({include})"


def test_the_table_names_every_directory_with_sources_and_only_such_that_exist():
    rows = table()
    assert "lib/base" in rows and "tests" in rows
    assert [d for d in rows if not (ROOT / d).is_dir()] == []
    assert [str(f) for f in files(".cpp", ".h") if owner(f, rows) is None] == []


def test_every_directory_uses_only_what_the_table_allows():
    rows = table()
    wrong = []
    for path in files(".cpp", ".h"):
        for include in INCLUDE.findall((ROOT / path).read_text()):
            if reason := refused(path, include, rows):
                wrong.append(reason)
    assert wrong == []


def test_what_must_be_refused_is_refused():
    rows = table()
    assert refused(pathlib.Path("notifier/app.cpp"), "lib/base/id.h", rows) is None
    assert refused(pathlib.Path("lib/base/id.cpp"), "lib/json/json.h", rows) is not None
    assert refused(pathlib.Path("notifier/app.cpp"), "cli/failure.h", rows) is not None
    assert refused(pathlib.Path("controlplane/api/incident/incident.cpp"), "controlplane/api/monitor/monitor.h", rows) is None
    assert refused(pathlib.Path("controlplane/api/monitor/monitor.cpp"), "controlplane/api/incident/incident.h", rows) is not None
    assert refused(pathlib.Path("nowhere/x.cpp"), "lib/base/id.h", rows) is not None
    assert refused(pathlib.Path("notifier/app.cpp"), "id.h", rows) is not None
    assert refused(pathlib.Path("controlplane/status_page/html/css.cpp"), "lib/db/db.h", rows) is not None
