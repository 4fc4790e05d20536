"""What the lint programs share: the tree, and the programs that were built from it."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SONDE_BUILD_DIR", ROOT / "build"))

# Directories of the tree that are not part of it: builds, data, the version control's own.
OUTSIDE = ("build", "var", ".git", ".pytest_cache", "__pycache__", ".cache")

# The services' programs, by the name of their configuration.
PROGRAMS = {
    "controlplane": BUILD / "controlplane/sonde-controlplane",
    "agent": BUILD / "probe-agent/sonde-agent",
    "engine": BUILD / "incident-engine/sonde-engine",
    "notifier": BUILD / "notifier/sonde-notifier",
}


def files(*endings: str) -> list[pathlib.Path]:
    """Every file of the tree with one of these endings, as a path from the root."""
    found = []
    for directory, names, here in os.walk(ROOT):
        top = pathlib.Path(directory) == ROOT
        names[:] = [n for n in names if n not in OUTSIDE and not (top and n.startswith("build-"))]
        found += [pathlib.Path(directory, n).relative_to(ROOT) for n in here if n.endswith(endings)]
    return sorted(found)
