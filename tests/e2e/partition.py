"""A region in a network of its own that is cut off from its targets, or from the bus, in the middle of an outage."""
import select
import socket
import subprocess
import threading

import pytest

from netns import Network
from peers import Target
from stack import BUILD, moment
from story import Outage
from waiting import eventually

FAR = ["eu", "us", "far"]


@pytest.fixture(scope="module")
def network():
    made = Network()
    yield made
    made.remove()


class Forwarder:
    """Takes connections at one of our addresses on to a server that listens on the loopback alone."""

    def __init__(self, address: str, port: int):
        self.to = port
        self.listener = socket.create_server((address, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                here, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(here,), daemon=True).start()

    def carry(self, here: socket.socket):
        with here, socket.create_connection(("127.0.0.1", self.to)) as there:
            while True:
                for ready in select.select([here, there], [], [])[0]:
                    try:
                        data = ready.recv(65536)
                        (there if ready is here else here).sendall(data)
                    except OSError:
                        return
                    if not data:
                        return

    def close(self):
        self.listener.close()


@pytest.fixture(scope="module")
def far(stack, network):
    """An agent of a fourth region, inside. The others may look at our side of the cable, too."""
    for region in ("eu", "us", "ap"):
        config = stack.data / f"config/agent-{region}.yaml"
        config.write_text(config.read_text().replace('allow: ["127.0.0.0/8"', f'allow: ["{network.block}", "127.0.0.0/8"'))
        stack.signal(f"{region}-1", 1)
    stack.post("/v1/regions", {"name": "far", "failure_domain": "far"})
    forwarder = Forwarder(network.bus, int(stack.endpoints["nats_url"].rsplit(":", 1)[1]))
    config = stack.data / "config/agent-far.yaml"
    text = (stack.data / "config/agent-eu.yaml").read_text().replace("region: eu", "region: far").replace("name: eu-1", "name: far-1")
    config.write_text(text)
    spool = stack.data / "spool/far-1"
    spool.mkdir(exist_ok=True)
    # One that has not joined, as where the bus has users of its own: any credentials that let it do its work.
    environment = stack.environment_of("engine") | {"SONDE_NATS_CREDENTIALS_FILE": stack.endpoints["nats_credentials_file"], "SONDE_NATS_URL": f"nats://{network.bus}:{forwarder.port}", "SONDE_SPOOL_DIRECTORY": str(spool)}
    with (stack.data / "log/far-1.log").open("wb") as log:
        process = subprocess.Popen(network.inside(BUILD / "probe-agent/sonde-agent", "--config", config), env=environment,
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        eventually(lambda: [a for a in stack.get("/v1/agents")["items"] if a["region"] == "far" and a["live"]], 30, "the agent in the other network is there")
        yield process
    finally:
        process.terminate()
        process.wait(timeout=40)
        forwarder.close()


@pytest.fixture
def target(network):
    made = Target(network.targets).start()
    yield made
    made.stop()


class FarOutage(Outage):
    """As an outage, seen from three regions of which one is in the other network."""

    def __init__(self, stack, target, receiver, name):
        self.stack, self.target, self.receiver = stack, target, receiver
        self.channel = stack.channel(receiver)
        self.site = stack.site(name)
        self.monitor = stack.monitor(self.site, target.url, policy={"recovery_rounds": 1}, regions=FAR)
        stack.wait_up_everywhere(self.monitor, FAR, seconds=40)


def votes(stack, monitor: str) -> dict[str, dict]:
    return {v["region"]: v for v in stack.get(f"/v1/monitors/{monitor}")["votes"]}


def test_a_region_cut_off_from_its_targets_is_an_advisory_and_no_incident(stack, network, far, target, receiver):
    outage = FarOutage(stack, target, receiver, "cut off from targets")
    network.cut(network.targets)
    try:
        advisory = eventually(lambda: stack.get(f"/v1/advisories?site_id={outage.site}&open=true")["items"], 40, "an advisory is open")[0]
        assert advisory["regions"] == ["far"] and advisory["cause"] in ("connect_timeout", "timeout_total")
        assert stack.state(outage.monitor) == "up"
    finally:
        network.join(network.targets)
    eventually(lambda: stack.get(f"/v1/advisories?site_id={outage.site}&open=true")["items"] == [], 40, "the advisory is closed")
    assert stack.incidents(outage.site) == [] and receiver.of("incident.opened") == []


def test_a_region_cut_off_from_the_bus_in_an_outage_changes_nothing_and_tells_later_what_it_saw(stack, network, far, target, receiver):
    outage = FarOutage(stack, target, receiver, "cut off from the bus")
    network.cut(network.bus)
    try:
        outage.begin()
        incident = outage.wait_open(30)
        opened = stack.get(f"/v1/incidents/{incident}/explain")["opened"]
        assert {v["region"] for v in opened["votes"] if v["verdict"] == "down"} >= {"eu", "us"}
        eventually(lambda: not votes(stack, outage.monitor).get("far", {"fresh": False})["fresh"], 30, "the region has no voice any more")
    finally:
        network.join(network.bus)
    outage.end()
    eventually(lambda: votes(stack, outage.monitor).get("far", {}).get("fresh"), 40, "the region votes again")
    outage.check_told_once()
    slots = [moment(r["slot"]) for r in stack.get(f"/v1/monitors/{outage.monitor}/results?region=far")["items"] if r["attempt"] == 0]
    assert len(slots) == len(set(slots)), "no slot was checked twice by it"


def test_a_cable_that_loses_a_third_of_all_packets_changes_nothing(stack, network, far, target, receiver):
    network.weather(loss=0.3, delay=0.06, jitter=0.04)
    try:
        outage = FarOutage(stack, target, receiver, "bad cable")
        outage.begin()
        outage.wait_open()
        outage.end()
        outage.check_told_once()
    finally:
        network.weather()
