"""Documented sessions: the commands of a page, word for word, but for ports and places that are a test's own.

A page says what to expect below the commands that print it, a line each: `# → state: up`. `…` in it stands for anything, and alone for any number of lines. Those lines must be
what was printed last at that place, whole and in their order.
"""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import tempfile

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


EXPECTED = "# → "
STEP = "── step"


def expectations(script: str) -> tuple[str, list[list[str]]]:
    """The script with a mark printed wherever the page says what to expect, and what it says there."""
    lines, steps = [], []
    for line in script.splitlines():
        if not line.startswith(EXPECTED):
            lines.append(line)
        elif lines and lines[-1] == f"echo '{STEP} {len(steps)}'":
            steps[-1].append(line.removeprefix(EXPECTED))
        else:
            steps.append([line.removeprefix(EXPECTED)])
            lines.append(f"echo '{STEP} {len(steps)}'")
    return "\n".join(lines), steps


def matches(printed: str, expected: list[str]) -> bool:
    """Whether `printed` ends with what is expected."""
    pattern = "".join("(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in expected)
    return re.search(f"(?:^|\n){pattern}\\Z", printed) is not None


def check(output: str, steps: list[list[str]]):
    for number, expected in enumerate(steps, start=1):
        printed, mark, output = output.partition(f"{STEP} {number}\n")
        assert mark, f"step {number} was not reached"
        assert matches(printed, expected), "the page says\n  " + "\n  ".join(expected) + f"\nand this was printed\n{printed}"


def run(stack: Stack, commands: list[str], seconds: float = 90) -> str:
    """Runs them in one shell, each of which must succeed and print what the page says. Returns what they printed."""
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
        "sonde backtest": f"{SONDE} backtest",
        "/tmp/tour": str(stack.root / "tour"),
        **{port: str(free_port()) for port in PORTS if port in script},
    }.items():
        script = script.replace(told, ours)
    script, steps = expectations(script)
    errors = tempfile.TemporaryFile("w+")  # what the shell says of processes that ended comes at any time
    shell = subprocess.Popen(["bash", "-e", "-o", "pipefail", "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True,
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
    errors.seek(0)
    told = errors.read()
    ended = f"it ended with {code}" if code is not None else f"it did not end within {seconds * PATIENCE:.0f} s"
    assert code == 0, "\n".join([ended + "; the last of what it printed:", *(output + told).splitlines()[-8:], "", "All of it:", output + told + stack.logs()])
    check(output, steps)
    return output
