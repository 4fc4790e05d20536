"""Agents join a running stack by token, work, and are cut off; and a directory from before they could."""
import os
import subprocess

import pytest

from bus import Bus, Refused
from stack import BUILD, SONDE, Stack
from waiting import PATIENCE, eventually


class Machine:
    """A machine that becomes an agent: its directory, and its process."""

    def __init__(self, stack: Stack, name: str):
        self.stack, self.name = stack, name
        self.directory = stack.root / name
        self.process: subprocess.Popen | None = None

    def join(self, token: str, *options: str) -> subprocess.CompletedProcess:
        return subprocess.run([SONDE, "agent", "join", "--url", self.stack.endpoints["api"], "--dir", self.directory, "--name", self.name, *options],
                              env=os.environ | {"SONDE_JOIN_TOKEN": token}, capture_output=True, text=True, timeout=60 * PATIENCE, stdin=subprocess.DEVNULL)

    def start(self) -> "Machine":
        config = self.directory / "agent.yaml"
        config.write_text(config.read_text().replace("allow: []", 'allow: ["127.0.0.0/8"]'))
        with (self.stack.data / f"log/{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen([BUILD / "probe-agent/sonde-agent", "--config", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=40)
            self.process = None

    def row(self) -> dict:
        return next((a for a in self.stack.get("/v1/agents?region=edge")["items"] if a["name"] == self.name), {})

    def live(self) -> bool:
        return self.row().get("live", False)

    def bus(self) -> Bus:
        return Bus(self.stack.endpoints["nats_url"], (self.directory / "agent.creds").read_text())


@pytest.fixture(scope="module")
def region(stack) -> str:
    stack.post("/v1/regions", {"name": "edge", "failure_domain": "edge"})
    return "edge"


@pytest.fixture
def machines(stack, region):
    made: list[Machine] = []

    def machine(name: str) -> Machine:
        made.append(Machine(stack, name))
        return made[-1]
    yield machine
    for each in made:
        each.stop()


def token(stack: Stack, region: str, **wish) -> str:
    return stack.post(f"/v1/regions/{region}/join-tokens", wish)["token"]


def who_checks(stack: Stack, target) -> str | None:
    report = stack.post("/v1/check", {"kind": "http", "spec": {"url": target.url}, "timeout_ms": 2000, "regions": ["edge"]}, status=200)
    return report["results"][0]["agent"] if report["results"] else None


def test_an_agent_joins_works_and_is_cut_off_while_another_goes_on(stack, region, machines, target):
    first, second = machines("edge-1"), machines("edge-2")
    one = token(stack, region)
    joined = first.join(one)
    assert joined.returncode == 0, joined.stderr
    assert "edge-1 joined the region edge" in joined.stdout and str(first.directory / "agent.yaml") in joined.stdout
    assert {p.name: p.stat().st_mode & 0o777 for p in first.directory.iterdir() if p.is_file()} == {"agent.seed": 0o600, "agent.creds": 0o600, "agent.yaml": 0o600}
    eventually(first.start().live, 30, "the agent that joined is there")
    assert who_checks(stack, target) == "edge-1"
    # In a row like any other region: its results count.
    site = stack.site("Seen from the edge")
    monitor = stack.monitor(site, target.url, regions=["edge"])
    stack.wait_up_everywhere(monitor, ["edge"])

    refused = second.join(one)
    assert refused.returncode == 1 and "the join token is not valid" in refused.stderr, "it was good for one"
    assert second.join(token(stack, region)).returncode == 0
    eventually(second.start().live, 30, "the second agent is there")

    identifier = first.row()["id"]
    with first.bus() as connection:
        revoked = stack.post(f"/v1/agents/{identifier}/revoke", {}, status=200)
        assert revoked["admission"]["state"] in ("revoking", "revoked")
        eventually(lambda: first.row()["admission"]["state"] == "revoked", 10, "a server has confirmed")
        assert connection.ended(10), "the connection that there was is closed"
    with pytest.raises(Refused, match="Authorization Violation"):
        first.bus()
    assert not first.live()
    eventually(lambda: who_checks(stack, target) == "edge-2", 20, "the other one does the work")
    latest = stack.get(f"/v1/monitors/{monitor}/results?limit=1")["items"][0]["slot"]
    eventually(lambda: stack.get(f"/v1/monitors/{monitor}/results?limit=1")["items"][0]["slot"] > latest, 40, "checks go on")
    assert stack.state(monitor) == "up"
    log = (stack.data / "log/controlplane.log").read_text()
    assert "agent_revoked" in log and "agent_key_cut_off" in log

    # Started again it is not let in; with a new key it is, and is the same agent.
    first.stop()
    first.start()
    assert first.join(token(stack, region)).returncode == 1, "its key was revoked"
    first.stop()
    assert first.join(token(stack, region), "--new-key").returncode == 0
    eventually(first.start().live, 30, "it is back")
    assert first.row()["id"] == identifier


def test_joining_again_renews_the_credentials_and_nothing_else(stack, region, machines):
    machine = machines("edge-3")
    one = token(stack, region)
    assert machine.join(one).returncode == 0
    files = {p.name: p.read_bytes() for p in machine.directory.iterdir() if p.is_file()}
    assert machine.join(one).returncode == 0, "the answer may have been lost"
    assert {p.name: p.read_bytes() for p in machine.directory.iterdir() if p.is_file() and p.name != "agent.creds"} == {k: v for k, v in files.items() if k != "agent.creds"}
    taken = Machine(stack, "edge-3")
    taken.directory = stack.root / "another"
    result = taken.join(token(stack, region))
    assert result.returncode == 1 and "already" in result.stderr
    assert not (taken.directory / "agent.yaml").exists()


def test_who_cannot_join_is_told_why_and_leaves_nothing_to_start(stack, region, machines):
    machine = machines("edge-4")
    assert machine.join("").returncode == 2
    result = machine.join("sonde_join_nonsense")
    assert result.returncode == 1 and "the join token is not valid" in result.stderr
    assert [p.name for p in machine.directory.iterdir()] == ["agent.seed"]
    nowhere = subprocess.run([SONDE, "agent", "join", "--url", "http://127.0.0.1:1", "--token", "x", "--dir", machine.directory], capture_output=True, text=True, timeout=60)
    assert nowhere.returncode == 1 and "does not answer" in nowhere.stderr


def test_an_embedded_agent_that_was_revoked_stays_away(stack, target):
    agent = next(a for a in stack.get("/v1/agents?region=ap")["items"])
    assert agent["name"] == "ap-1" and agent["admission"]["state"] == "joined" and agent["admission"]["joined_from"] == "sonde up"
    stack.post(f"/v1/agents/{agent['id']}/revoke", {}, status=200)
    eventually(lambda: stack.get(f"/v1/agents/{agent['id']}")["admission"]["state"] == "revoked", 10, "it is cut off")
    stack.stop()
    result = stack.start()
    assert "ap-1 was revoked" in result.stdout
    assert "ap-1" not in stack.endpoints["processes"]
    site = stack.site("Seen from two")
    stack.wait_up_everywhere(stack.monitor(site, target.url, regions=["eu", "us"]), ["eu", "us"])


def test_a_directory_from_before_agents_could_join_goes_on(target):
    """As such a one was left: passwords in the configurations, agents that were only heard of, streams of the server's own account."""
    stack = Stack()
    try:
        stack.start()
        site = stack.site("Watched before")
        monitor = stack.monitor(site, target.url)
        stack.wait_up_everywhere(monitor)
        stack.query("set session_replication_role = replica; update agent set public_key = null, joined_at = null, joined_from = null returning 1")
        stack.stop()
        for path in (stack.data / "config").glob("*.yaml"):
            text = path.read_text().replace("  credentials_file: ${SONDE_NATS_CREDENTIALS_FILE}\n", "  user: ${SONDE_NATS_USER}\n  password: ${SONDE_NATS_PASSWORD}\n")
            path.write_text(text.replace("admission:\n  key_file: ${SONDE_BUS_KEY_FILE}\n", ""))
        for path in [stack.data / "secrets/bus-key", *(stack.data / "secrets").glob("agent-*.seed"), *(stack.data / "secrets").glob("nats-*.creds")]:
            path.unlink()
        former = stack.data / "nats/jetstream/$G/streams/SONDE_JOBS_eu"
        former.mkdir(parents=True)
        result = stack.start()
        assert "credentials instead of passwords" in result.stdout and not former.parent.parent.exists()
        for path in (stack.data / "config").glob("*.yaml"):
            assert "PASSWORD" not in path.read_text()
        assert {a["name"]: a["admission"]["state"] for a in stack.get("/v1/agents")["items"]} == {f"{r}-1": "joined" for r in ("eu", "us", "ap")}
        assert stack.state(monitor) == "up"
        stack.wait_up_everywhere(monitor)
        assert token(stack, "eu")
    finally:
        stack.remove()
