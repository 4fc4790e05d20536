"""Documented sessions: the commands of a page, word for word, but for ports and places that are a test's own."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess

from peers import free_port
from stack import SONDE, Stack
from waiting import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Ports that pages name; those that a page has are replaced by free ones.
PORTS = ["8081", "8082", "8443", "8053", "8083", "8084", "8085", "8086", "8087", "8088"]
# Every page begins with these.
START = ["./run --background", "http://127.0.0.1:8600", "var/admin-token"]


def blocks(text: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


def chapter(page: str, title: str, end: str | None = None) -> list[str]:
    """The commands below a heading of `page`, block by block, up to the words `end` or the next heading of its rank."""
    text = (ROOT / page).read_text()
    text = text[text.index("## " + title):]
    stop = text.index(end) if end else (text.find("\n## ", 3) + 1 or len(text))
    return blocks(text[:stop])


def run(stack: Stack, commands: list[str], seconds: float = 90) -> str:
    """Runs them in one shell, each of which must succeed. Returns what they printed."""
    script = "\n".join(commands)
    for told in START:
        assert told in script, f"the page no longer says {told}"
    for told, ours in {
        "./run --background": f"{SONDE} up --background --data {stack.data} --port 0",
        "http://127.0.0.1:8600": f"$(jq -r .api {stack.data}/endpoints.json)",
        "var/admin-token": f"{stack.data}/admin-token",
        "var/endpoints.json": f"{stack.data}/endpoints.json",
        "var/config/": f"{stack.data}/config/",
        "config/tour/": f"{ROOT}/config/tour/",
        "/tmp/tour": str(stack.root / "tour"),
        **{port: str(free_port()) for port in PORTS if port in script},
    }.items():
        script = script.replace(told, ours)
    shell = subprocess.Popen(["bash", "-e", "-o", "pipefail", "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        # What it left in the background holds the pipe: the shell's own end is what counts.
        code = shell.wait(timeout=seconds * PATIENCE)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        with contextlib.suppress(ProcessLookupError):  # nothing is left of it
            os.killpg(shell.pid, signal.SIGTERM)
    output = shell.communicate(timeout=20)[0]
    assert code == 0, output + stack.logs()
    return output
