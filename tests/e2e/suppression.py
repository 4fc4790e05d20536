"""What keeps a failure from being told, with the whole stack: a window, a router, a group."""
import time
from datetime import datetime, timezone

import pytest

from peers import Target
from stack import moment, now
from waiting import eventually

QUICK = {"recovery_rounds": 1}


@pytest.fixture
def other_target():
    made = Target().start()
    yield made
    made.stop()


def at(seconds_from_now: float) -> str:
    return datetime.fromtimestamp(now() + seconds_from_now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def events_of(stack, kind: str, part: str, identifier: str) -> list[dict]:
    rows = stack.query("select payload from outbox where kind = %s and payload #>> %s = %s order by id", kind, [part, "id"], identifier)
    return [row[0] for row in rows]


def test_an_outage_inside_a_window_is_told_when_the_window_ends_and_not_before(stack, target, receiver):
    stack.channel(receiver, events=["incident.opened", "incident.resolved", "maintenance.started", "maintenance.ended"])
    site = stack.site("Maintained")
    monitor = stack.monitor(site, target.url, policy=QUICK)
    stack.wait_up_everywhere(monitor)
    window = stack.post("/v1/maintenance", {"title": "Works", "description": "We are at it.", "starts_at": at(1), "ends_at": at(3600), "targets": {"sites": [site]}})
    eventually(lambda: stack.state(monitor) == "maintenance", 10, "the window has begun")
    target.break_now()
    suppressed = eventually(lambda: stack.get(f"/v1/suppressions?monitor_id={monitor}&open=true")["items"], 30, "the failure is withheld")[0]
    assert suppressed["cover"] == "maintenance" and suppressed["window_id"] == window["id"]
    assert stack.get(f"/v1/sites/{site}")["state"] == "maintenance"
    time.sleep(6)  # another round of checks
    assert stack.incidents(site) == []
    decisions = [d for d in stack.get(f"/v1/monitors/{monitor}/decisions")["items"] if d["kind"] == "suppressed"]
    assert len(decisions) == 1 and decisions[0]["reason"] == "in_maintenance" and decisions[0]["suppressed_by"]["name"] == "Works"

    ended = stack.post(f"/v1/maintenance/{window['id']}/end", {}, status=200)
    incident = eventually(lambda: stack.incidents(site, state="open"), 5, "the outage is told")[0]
    assert moment(incident["opened_at"]) - moment(ended["ends_at"]) < 1.5
    assert moment(incident["failing_since"]) < moment(ended["ends_at"]) - 5
    target.mend()
    eventually(lambda: stack.incidents(site, state="resolved"), 30, "it is resolved")
    eventually(lambda: receiver.of("incident.resolved"), 15, "the end was told")
    eventually(stack.settled, 15, "nothing is left to be told")
    for kind in ("maintenance.started", "maintenance.ended", "incident.opened", "incident.resolved"):
        assert len(receiver.of(kind)) == 1, kind


def test_behind_a_router_that_is_down_nobody_is_told_of(stack, target, other_target, receiver):
    stack.channel(receiver)
    core, shop = stack.site("Core"), stack.site("Behind the router")
    router = stack.monitor(core, target.url, name="Router", policy=QUICK)
    child = stack.monitor(shop, other_target.url, name="Shop", policy=QUICK)
    stack.wait_up_everywhere(router)
    stack.wait_up_everywhere(child)
    edge = stack.post("/v1/dependencies", {"child": {"kind": "site", "id": shop}, "parent": {"kind": "monitor", "id": router}})
    time.sleep(1)
    # The child first, and the router in the same moment, before anybody has looked at it.
    other_target.break_now()
    target.break_now()
    cause = eventually(lambda: stack.incidents(core, state="open"), 30, "the router's outage is told")[0]
    eventually(lambda: [s for s in stack.get(f"/v1/incidents/{cause['id']}/affected?open=true")["items"] if s["monitor_id"] == child], 40, "the shop is among what it affects")
    eventually(lambda: stack.get(f"/v1/incidents/{cause['id']}")["affected"] == {"monitors": 1, "sites": 1}, 10, "the incident counts it")
    assert stack.state(child) == "down"
    assert stack.incidents(shop) == []

    target.mend()
    eventually(lambda: stack.incidents(core, state="resolved"), 30, "the router is back")
    told = eventually(lambda: stack.incidents(shop, state="open"), 30, "the shop fails on, and is told")[0]
    reasons = [e["reason"] for e in stack.get(f"/v1/incidents/{told['id']}/timeline")["items"] if e["kind"] == "opened"]
    assert reasons == ["dependency_ended"]
    assert moment(told["opened_at"]) >= moment(stack.incidents(core)[0]["resolved_at"])
    other_target.mend()
    eventually(lambda: stack.incidents(shop, state="resolved"), 30, "it is over")
    assert stack.call("DELETE", f"/v1/dependencies/{edge['id']}").status_code == 204


def test_a_group_speaks_for_its_members(stack, target, other_target, receiver):
    stack.channel(receiver)
    site = stack.site("Two of which one is enough")
    one = stack.monitor(site, target.url, name="one", policy=QUICK)
    two = stack.monitor(site, other_target.url, name="two", policy=QUICK)
    group = stack.post("/v1/groups", {"site_id": site, "name": "Web", "needed": 1, "quiet_members": True, "members": [one, two]})["id"]
    stack.wait_up_everywhere(one)
    stack.wait_up_everywhere(two)
    shows = lambda state: eventually(lambda: stack.get(f"/v1/groups/{group}")["state"] == state, 30, f"the group is {state}")
    shows("up")
    target.break_now()
    shows("degraded")
    assert stack.incidents(site) == []
    other_target.break_now()
    shows("down")
    incident = eventually(lambda: stack.incidents(site, state="open"), 10, "the group's outage is told")[0]
    assert [g["name"] for g in incident["groups"]] == ["Web"] and incident["monitors"] == []
    target.mend()
    shows("degraded")
    eventually(lambda: stack.incidents(site, state="resolved"), 10, "one is enough")
    other_target.mend()
    shows("up")
    told = [(e["group"]["from"], e["group"]["to"]) for e in events_of(stack, "group.changed", "group", group)]
    assert told[-4:] == [("up", "degraded"), ("degraded", "down"), ("down", "degraded"), ("degraded", "up")], told
    eventually(stack.settled, 15, "nothing is left to be told")
    assert len(stack.incidents(site)) == 1
