"""The tours of the README, word for word, but for ports and places that are this test's own."""
import re
import subprocess

from session import chapter, run
from stack import Stack


def test_the_tour_goes_as_the_readme_says():
    stack = Stack()
    try:
        output = run(stack, chapter("README.md", "The tour", "Clean up with"))
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
    blocks = chapter("README.md", "The tour", "A channel to a receiver")[:1] + chapter("README.md", "Every kind", "They say")
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
