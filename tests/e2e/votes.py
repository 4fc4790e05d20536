"""A region that breaks for all sites at once is told once, and pages nobody about them."""
import signal

import pytest

from stack import REGIONS
from waiting import eventually

SITES = 20


@pytest.fixture
def judge_soon(stack):
    """The region counts as well after some seconds, not minutes."""
    config = stack.data / "config/engine.yaml"
    before = config.read_text()
    config.write_text(before + "\narbitration: {release_after: 5s}\n")
    stack.back("engine", stack.kill("engine"))
    yield
    config.write_text(before)
    stack.back("engine", stack.kill("engine"))


def test_a_region_that_breaks_for_twenty_sites_is_quarantined_once_and_released(stack, target, receiver, judge_soon):
    stack.channel(receiver, events=["incident.opened", "region.quarantined", "region.released", "advisory.opened"])
    sites = [stack.site(f"site {n}") for n in range(SITES)]
    monitors = [stack.monitor(site, target.url) for site in sites]
    assert stack.call("PUT", f"/v1/monitors/{monitors[0]}/regions/ap", {"vote": "page"}).status_code == 200
    alone = stack.monitor(sites[1], target.url, name="from ap alone", regions=["ap"])
    for monitor in monitors:
        stack.wait_up_everywhere(monitor, seconds=40)
    stack.wait_up_everywhere(alone, ["ap"])

    config = stack.data / "config/agent-ap.yaml"
    before = config.read_text()
    config.write_text(before.replace("deny: []", 'deny: ["127.0.0.0/8"]'))
    stack.signal("ap-1", signal.SIGHUP)
    try:
        health = eventually(lambda: (h := stack.get("/v1/regions/ap")["health"])["state"] == "quarantined" and h, 60, "the region is quarantined")
        assert health["reason"] == "sites_failing_alone" and health["decided_by"]["sites_alone"] >= 5
        eventually(lambda: stack.state(alone) == "unknown", 20, "nobody else can say how that is")
        # Two rounds more, in which it all fails there.
        eventually(lambda: len(stack.get(f"/v1/monitors/{monitors[-1]}/results?region=ap&verdict=down")["items"]) >= 4, 40, "it goes on failing there")
        assert [stack.state(m) for m in monitors] == ["up"] * SITES
        votes = {v["region"]: v for v in stack.get(f"/v1/monitors/{monitors[-1]}")["votes"]}
        assert votes["ap"]["standing"] == "quarantined" and votes["ap"]["verdict"] == "down" and "standing" not in votes["eu"]
    finally:
        config.write_text(before)
        stack.signal("ap-1", signal.SIGHUP)
    eventually(lambda: stack.get("/v1/regions/ap")["health"]["state"] == "voting", 60, "the region is released")
    for monitor in monitors:
        stack.wait_up_everywhere(monitor, seconds=40)
    eventually(lambda: stack.state(alone) == "up", 40, "the region's vote counts again")
    eventually(stack.settled, 20, "nothing is left to be told")
    told = [call["event"]["kind"] for call in receiver.calls]
    assert [k for k in told if k.startswith("region.")] == ["region.quarantined", "region.released"]
    assert told.count("incident.opened") == 0
    assert told.count("advisory.opened") <= 2, "no flood: at most what was due before the region was found out"
    assert stack.query("select count(*) from incident") == [(0,)]


def test_people_judge_regions_and_say_what_their_votes_are_worth(stack, target):
    site = stack.site("Judged by hand")
    monitor = stack.monitor(site, target.url)
    stack.wait_up_everywhere(monitor, REGIONS)
    assert stack.post("/v1/regions/us/quarantine", {"comment": "works on the line"}, 200)["health"]["reason"] == "by_request"
    eventually(lambda: {v["region"]: v.get("standing") for v in stack.get(f"/v1/monitors/{monitor}")["votes"]}["us"] == "quarantined", 10, "its votes are marked")
    assert stack.state(monitor) == "up"
    assert stack.post("/v1/regions/us/release", None, 200)["health"]["state"] == "voting"
    answer = stack.call("PUT", f"/v1/sites/{site}/regions/us", {"vote": "exclude"})
    assert answer.status_code == 200 and answer.json()["monitors"] == [monitor]
    assert stack.get(f"/v1/monitors/{monitor}")["policy"]["exclude"] == ["us"]
    answer = stack.call("PUT", f"/v1/monitors/{monitor}/regions/us", {"vote": "count"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 412
