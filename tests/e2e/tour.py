"""The tour of the README, word for word, but for ports and places that are this test's own."""
import os
import pathlib
import re
import signal
import subprocess

from peers import free_port
from stack import SONDE, Stack
from waiting import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tour(stack: Stack) -> str:
    text = (ROOT / "README.md").read_text()
    chapter = text[text.index("## The tour"):]
    chapter = chapter[:chapter.index("Clean up with")]
    script = "\n".join(re.findall(r"```sh\n(.*?)```", chapter, re.DOTALL))
    for told, ours in {
        "./run --background": f"{SONDE} up --background --data {stack.data} --port 0",
        "http://127.0.0.1:8600": f"$(jq -r .api {stack.data}/endpoints.json)",
        "var/admin-token": f"{stack.data}/admin-token",
        "config/tour/receiver.py": f"{ROOT}/config/tour/receiver.py",
        "/tmp/tour": str(stack.root / "tour"),
        "8081": str(free_port()),
        "8082": str(free_port()),
    }.items():
        assert told in script, f"the tour no longer says {told}"
        script = script.replace(told, ours)
    return script


def test_the_tour_goes_as_the_readme_says():
    stack = Stack()
    try:
        shell = subprocess.Popen(["bash", "-e", "-o", "pipefail", "-c", tour(stack)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        try:
            # What it left in the background holds the pipe: the shell's own end is what counts.
            code = shell.wait(timeout=90 * PATIENCE)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            os.killpg(shell.pid, signal.SIGTERM)
        output = shell.communicate(timeout=20)[0]
        assert code == 0, output + stack.logs()
        for said in ("opened by engine", "acknowledged by token:admin", "resolved by engine", "incident.opened sent after 1 attempt(s)", "incident.resolved sent after 1 attempt(s)"):
            assert said in output, output
        received = (stack.root / "tour/received").read_text().splitlines()
        assert sorted(line.split()[1] for line in received) == ["incident.acknowledged", "incident.opened", "incident.resolved"], received
    finally:
        stack.remove()
