"""What npm brings for the tests of the OpenAPI document, installed once a build directory."""
import os
import pathlib
import subprocess

from document import ROOT

BUILD = pathlib.Path(os.environ.get("SONDE_BUILD_DIR", ROOT / "build"))
WHERE = BUILD / "npm/openapi"


def installed() -> pathlib.Path:
    subprocess.run([ROOT / "install/npm", ROOT / "tests/openapi", WHERE], check=True, timeout=240)
    return WHERE


def tool(name: str, *arguments, **options) -> subprocess.CompletedProcess:
    environment = dict(os.environ, NO_COLOR="1", REDOCLY_TELEMETRY="off", REDOCLY_SUPPRESS_UPDATE_NOTICE="true")
    return subprocess.run([installed() / "node_modules/.bin" / name, *map(str, arguments)], capture_output=True, text=True, timeout=300, env=environment,
                          stdin=subprocess.DEVNULL, **options)
