"""The tours of the README, word for word, but for ports and places that are this test's own."""
import os
import pathlib
import re
import signal
import subprocess

from peers import free_port
from stack import SONDE, Stack
from waiting import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORTS = ["8081", "8082", "8443", "8053", "8083", "8084", "8085", "8086", "8087", "8088"]


def chapter(title: str, end: str) -> list[str]:
    """Its commands, block by block."""
    text = (ROOT / "README.md").read_text()
    text = text[text.index("## " + title):]
    return re.findall(r"```sh\n(.*?)```", text[:text.index(end)], re.DOTALL)


def run(stack: Stack, blocks: list[str]) -> str:
    script = "\n".join(blocks)
    for told, ours in {
        "./run --background": f"{SONDE} up --background --data {stack.data} --port 0",
        "http://127.0.0.1:8600": f"$(jq -r .api {stack.data}/endpoints.json)",
        "var/admin-token": f"{stack.data}/admin-token",
        "config/tour/": f"{ROOT}/config/tour/",
        "/tmp/tour": str(stack.root / "tour"),
        **{port: str(free_port()) for port in PORTS if port in script},
    }.items():
        assert told in script or told == "config/tour/", f"the tour no longer says {told}"
        script = script.replace(told, ours)
    shell = subprocess.Popen(["bash", "-e", "-o", "pipefail", "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
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
    return output


def test_the_tour_goes_as_the_readme_says():
    stack = Stack()
    try:
        output = run(stack, chapter("The tour", "Clean up with"))
        for said in ("opened by engine", "acknowledged by token:admin", "resolved by engine", "incident.opened sent after 1 attempt(s)", "incident.resolved sent after 1 attempt(s)"):
            assert said in output, output
        received = (stack.root / "tour/received").read_text().splitlines()
        assert sorted(line.split()[1] for line in received) == ["incident.acknowledged", "incident.opened", "incident.resolved"], received
    finally:
        stack.remove()


def route(action: str) -> bool:
    """Whether the address of the tour's ping could be made unreachable, or reachable again."""
    return subprocess.run(["ip", "route", action, "unreachable", "127.9.9.9", "table", "local"], capture_output=True).returncode == 0


def test_every_kind_goes_as_the_readme_says():
    may_change_routes = route("add") and route("del")
    blocks = chapter("The tour", "A channel to a receiver")[:1] + chapter("Every kind", "They say")
    if not may_change_routes:
        blocks = [block.replace("ip route add", "true").replace("grpc ping; do why", "grpc; do why") for block in blocks]
    stack = Stack()
    try:
        output = run(stack, blocks)
        for kind, why in {"tls": "tls_untrusted", "tcp": "body_mismatch", "dns": "dns_mismatch", "udp": "connect_refused", "banner": "body_mismatch", "websocket": "http_status",
                          "domain": "assertion", "grpc": "body_mismatch", **({"ping": "unreachable"} if may_change_routes else {})}.items():
            assert re.search(f"^{kind}: [a-z]+ saw {why}: .", output, re.MULTILINE), output
        assert "heartbeat: heartbeat_failed: the disk is full" in output, output
    finally:
        if may_change_routes:
            route("del")
        stack.remove()
