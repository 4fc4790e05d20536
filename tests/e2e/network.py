"""What a check tells of a bad network: made by `sonde check` in a network of its own, whose cable loses and delays."""
import json
import subprocess
import threading
import time

import pytest

from netns import Network
from peers import Target
from stack import SONDE
from waiting import PATIENCE


@pytest.fixture(scope="module")
def network():
    made = Network()
    yield made
    made.remove()


@pytest.fixture
def target(network):
    made = Target(network.targets).start()
    yield made
    made.stop()


def check(network, *arguments, spec=None) -> dict:
    command = network.inside(SONDE, "check", "--allow", network.block, *arguments, *(["--spec", "-"] if spec else []))
    result = subprocess.run(command, input=json.dumps(spec) if spec else None, capture_output=True, text=True, timeout=60 * PATIENCE)
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return json.loads(result.stdout)


def test_over_a_whole_cable_a_check_is_up(network, target):
    assert check(network, target.url)["verdict"] == "up"


def test_where_every_packet_is_lost_the_connection_times_out_in_the_time_it_has(network, target):
    network.cut(network.targets)
    try:
        began = time.monotonic()
        seen = check(network, target.url, "--timeout", "1500ms")
        took = time.monotonic() - began
    finally:
        network.join(network.targets)
    assert seen["verdict"] == "down" and seen["class"] == "connect_timeout"
    assert 1.4 <= took <= 3 * PATIENCE
    phases = seen["observation"]["phases_ms"]
    assert 1400 <= phases["total"] <= 2000 * PATIENCE and phases["first_byte"] == 0


def test_a_cable_cut_after_the_request_is_a_time_out_and_not_a_refused_connection(network, target):
    """The answer is held back until the cable is cut: the connection is there, and nothing more comes."""
    asked, cut = threading.Event(), threading.Event()
    answer = target.answer

    def held_back(request):
        asked.set()
        cut.wait(timeout=10)
        answer(request)

    target.answer = held_back
    seen: list[dict] = []
    checking = threading.Thread(target=lambda: seen.append(check(network, target.url, "--timeout", "2s")))
    checking.start()
    try:
        assert asked.wait(timeout=10 * PATIENCE)
        subprocess.run(["ip", "link", "set", network.ours, "down"], check=True)
        cut.set()
        checking.join(timeout=30 * PATIENCE)
    finally:
        subprocess.run(["ip", "link", "set", network.ours, "up"], check=True)
    assert seen[0]["verdict"] == "down" and seen[0]["class"] == "timeout_total"
    phases = seen[0]["observation"]["phases_ms"]
    assert 0 < phases["connect"] < 1000 and phases["total"] >= 1900


def test_pings_over_a_dead_cable_are_all_lost(network, target):
    network.cut(network.targets)
    try:
        seen = check(network, "--kind", "ping", "--timeout", "2s", spec={"host": network.targets, "packets": 3})
    finally:
        network.join(network.targets)
    assert seen["verdict"] == "down"
    assert seen["observation"]["ping"]["received"] == 0


def test_a_delay_of_the_cable_is_in_the_phase_that_it_delays(network, target):
    network.weather(delay=0.2)
    try:
        phases = check(network, target.url)["observation"]["phases_ms"]
        pings = check(network, "--kind", "ping", "--timeout", "10s", spec={"host": network.targets, "packets": 3})
    finally:
        network.weather()
    assert 190 <= phases["connect"] < 400 * PATIENCE and 190 <= phases["first_byte"] < 400 * PATIENCE
    assert pings["verdict"] == "up" and pings["observation"]["ping"]["rtt_ms"]["min"] >= 190


def test_a_loss_of_half_the_packets_is_seen_by_pings(network, target):
    network.weather(loss=0.5)
    try:
        seen = check(network, "--kind", "ping", "--timeout", "10s", spec={"host": network.targets, "packets": 20})["observation"]["ping"]
    finally:
        network.weather()
    assert 0 < seen["received"] < 20 and 0 < seen["loss_percent"] < 100
