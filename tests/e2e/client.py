"""A client in TypeScript, its types made of the OpenAPI document: it compiles as strictly as may be, and does what its types say."""
import json
import os
import shutil
import subprocess
import sys

import pytest

from peers import free_port
from stack import Stack
from waiting import PATIENCE

sys.path.append(os.path.join(os.path.dirname(__file__), "../openapi"))
import document as contract  # noqa: E402
import tools  # noqa: E402


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """The program, with the types beside it."""
    place = tmp_path_factory.mktemp("client")
    for name in ("client.ts", "tsconfig.json"):
        shutil.copy(contract.ROOT / "tests/openapi" / name, place)
    (place / "package.json").write_text(json.dumps({"type": "module"}))
    (place / "node_modules").symlink_to(tools.installed() / "node_modules")
    # Fields with a default need not be sent: without the option they would have to be.
    for command in (["openapi-typescript", contract.PATH, "--default-non-nullable=false", "-o", place / "api.d.ts"], ["tsc", "-p", place]):
        result = tools.tool(*command)
        assert result.returncode == 0, result.stdout + result.stderr
    return place


def test_the_types_refuse_what_the_document_does(compiled):
    """Lines that are marked as wrong were, or it would not have compiled."""
    assert (compiled / "out/client.js").exists()
    assert (compiled / "client.ts").read_text().count("@ts-expect-error") >= 6


def test_the_client_does_what_a_user_would(compiled, stack: Stack):
    environment = dict(os.environ, SONDE=stack.endpoints["api"], TOKEN=stack.path("token_file").read_text().strip(), TARGET=f"http://127.0.0.1:{free_port()}/")
    result = subprocess.run(["node", compiled / "out/client.js"], capture_output=True, text=True, timeout=120 * PATIENCE, env=environment, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "acknowledged by token:admin" in result.stdout
