"""Two engines: they share the shards, take over from each other within seconds, and never both decide."""
import os
import signal
import subprocess
import time

import pytest

from stack import BUILD
from story import Outage
from waiting import PATIENCE, eventually

TAKEOVER = 5  # seconds; what is promised


class Engine:
    """A second engine beside the one that `sonde up` runs, with the same configuration."""

    def __init__(self, stack):
        self.stack = stack
        self.config = stack.data / "config/engine-2.yaml"
        self.config.write_text((stack.data / "config/engine.yaml").read_text())
        self.log = stack.data / "log/engine-2.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([BUILD / "incident-engine/sonde-engine", "--config", self.config], env=stack.environment_of("engine"),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def signal(self, number: int):
        self.process.send_signal(number)

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(timeout=30)


def owners(stack) -> dict[int, str]:
    """Which engine has each shard, by leases that have not run out."""
    return {int(name.split("/")[1]): owner for name, owner in stack.query("select name, owner from lease where name like 'shard/%%' and expires_at > now()")}


def shared_out(stack) -> bool:
    held = owners(stack)
    return len(held) == 4 and sorted(list(held.values()).count(owner) for owner in set(held.values())) == [2, 2]


def owner_of(pid: int, stack) -> str:
    """The name under which the engine of that process holds leases."""
    return next(owner for owner in set(owners(stack).values()) if owner.split("/")[-2] == str(pid))


@pytest.fixture
def second(stack):
    made = Engine(stack)
    try:
        eventually(lambda: shared_out(stack), 30, "each engine has two of the four shards")
        yield made
    finally:
        made.end()
        eventually(lambda: len(owners(stack)) == 4 and len(set(owners(stack).values())) == 1, 30, "the first engine has all shards again")


def shard_of(stack, monitor: str) -> int:
    [(shard,)] = stack.query("select shard from monitor order by created_at desc limit 1")
    return shard


def outage_in_shards_of(stack, target, receiver, owner: str, name: str) -> Outage:
    """A site's shard follows from its id: sites are made until one is in a shard of that engine."""
    for _ in range(40):
        outage = Outage(stack, target, receiver, name)
        if owners(stack).get(shard_of(stack, outage.monitor)) == owner:
            return outage
        stack.clear()
        receiver.calls.clear()
    raise AssertionError("no site came into a shard of that engine")


def test_the_shards_of_an_engine_that_died_are_taken_over_within_five_seconds(stack, target, receiver, second):
    dead = owner_of(second.process.pid, stack)
    outage = outage_in_shards_of(stack, target, receiver, dead, "engine died")
    outage.begin()
    second.signal(signal.SIGKILL)
    died = time.monotonic()
    eventually(lambda: len(owners(stack)) == 4 and dead not in owners(stack).values(), TAKEOVER + 1, "all shards have a living owner")
    took = time.monotonic() - died
    print(f"taken over in {took:.2f} s")
    assert took <= TAKEOVER * PATIENCE
    outage.wait_open()
    outage.end()
    outage.check_told_once()
    second.process.wait(timeout=5)


@pytest.mark.parametrize("frozen", ["second", "first"])
def test_an_engine_frozen_past_its_leases_does_not_decide_when_it_goes_on(stack, target, receiver, second, frozen):
    pid = second.process.pid if frozen == "second" else stack.pid("engine")
    owner = owner_of(pid, stack)
    outage = outage_in_shards_of(stack, target, receiver, owner, f"{frozen} engine frozen")
    outage.begin()
    os.kill(pid, signal.SIGSTOP)
    try:
        eventually(lambda: len(owners(stack)) == 4 and owner not in owners(stack).values(), TAKEOVER + 1, "the other engine has all shards")
        incident = outage.wait_open()
        opened = stack.get(f"/v1/incidents/{incident}")
    finally:
        os.kill(pid, signal.SIGCONT)
    log = second.log if frozen == "second" else stack.data / "log/engine.log"
    eventually(lambda: "shard_lost" in log.read_text() or "fenced" in log.read_text(), 20, "it has seen that the shards are another's")
    eventually(lambda: shared_out(stack), 30, "the shards are shared out again")
    # The outage goes on and ends under whichever engine has the shard by now; what the other had opened is carried on, not opened again.
    assert [i["id"] for i in stack.incidents(outage.site)] == [incident]
    assert stack.get(f"/v1/incidents/{incident}")["opened_at"] == opened["opened_at"]
    outage.end()
    outage.check_told_once()
