"""Regions that see badly, or not at all, page nobody about the targets."""
import json
import signal

from stack import REGIONS
from waiting import eventually


def test_a_region_cut_off_from_the_target_is_an_advisory_and_no_incident(stack, target, receiver):
    stack.channel(receiver)
    site = stack.site("Seen from two of three")
    monitor = stack.monitor(site, target.url)
    stack.wait_up_everywhere(monitor)
    config = stack.data / "config/agent-ap.yaml"
    before = config.read_text()
    config.write_text(before.replace("deny: []", 'deny: ["127.0.0.0/8"]'))
    stack.signal("ap-1", signal.SIGHUP)
    try:
        advisory = eventually(lambda: stack.get(f"/v1/advisories?site_id={site}&open=true")["items"], 40, "an advisory is open")[0]
        assert advisory["regions"] == ["ap"] and advisory["cause"] == "blocked_address"
        assert stack.state(monitor) == "up"
    finally:
        config.write_text(before)
        stack.signal("ap-1", signal.SIGHUP)
    eventually(lambda: stack.get(f"/v1/advisories?site_id={site}&open=true")["items"] == [], 40, "the advisory is closed")
    eventually(stack.settled, 10, "nothing is left to be told")
    assert stack.incidents(site) == []
    assert receiver.calls == []


def test_a_region_without_agents_is_lost_coverage_and_no_incident(stack, target):
    site = stack.site("Watched by two")
    monitor = stack.monitor(site, target.url)
    stack.wait_up_everywhere(monitor)
    with stack.bus("subscriber") as bus:
        events = bus.subscribe("sonde.v1.events.>")

        def event(kind: str, region: str):
            while not events.empty():
                seen.append(json.loads(events.get_nowait()[1]))
            return [e for e in seen if e["kind"] == kind and e["coverage"]["region"] == region]

        seen: list[dict] = []
        stack.signal("ap-1", signal.SIGSTOP)
        try:
            eventually(lambda: event("coverage.lost", "ap"), 60, "the loss of the region was told")
            assert not stack.get("/v1/regions/ap")["covered"]
            votes = {v["region"]: v for v in stack.get(f"/v1/monitors/{monitor}")["votes"]}
            assert not votes.get("ap", {"fresh": False})["fresh"]
            assert stack.state(monitor) == "up", "two of three are a majority"
            stack.signal("us-1", signal.SIGSTOP)
            eventually(lambda: stack.state(monitor) == "unknown", 60, "one voter of three is not enough: unknown, never silently up")
        finally:
            for name in ("ap-1", "us-1"):
                stack.signal(name, signal.SIGCONT)
        eventually(lambda: event("coverage.restored", "ap"), 60, "the region is back")
    stack.wait_up_everywhere(monitor, seconds=40)
    assert stack.incidents(site) == []


def test_a_confirmed_outage_needs_other_failure_domains_but_a_single_region_confirms_in_place(stack, target):
    site = stack.site("One region only")
    monitor = stack.monitor(site, target.url, regions=["eu"], policy={"confirmation": {"attempts": 2, "delay_ms": 300}, "recovery_rounds": 1})
    stack.wait_up_everywhere(monitor, ["eu"])
    target.break_now()
    incident = eventually(lambda: stack.incidents(site), 20, "an incident is open")[0]
    results = stack.get(f"/v1/monitors/{monitor}/results?verdict=down")["items"]
    assert {r["attempt"] for r in results} >= {0, 1, 2} and {r["region"] for r in results} == {"eu"}
    target.mend()
    eventually(lambda: stack.get(f"/v1/incidents/{incident['id']}")["state"] == "resolved", 30, "it is resolved")


def test_an_agent_is_shown_with_its_version_and_its_last_sign_of_life(stack):
    agents = {a["region"]: a for a in stack.get("/v1/agents")["items"]}
    assert set(agents) == set(REGIONS)
    for agent in agents.values():
        assert agent["live"] and agent["version"] and abs(agent["clock_offset_ms"]) < 1000 and agent["checks"] > 0


def test_a_check_made_now_is_answered_by_every_region_and_leaves_no_trace(stack, target):
    site = stack.site("Asked for")
    monitor = stack.monitor(site, target.url, paused=True)
    report = stack.post(f"/v1/monitors/{monitor}/check", status=200)
    assert [r["region"] for r in report["results"]] == sorted(REGIONS) and report["missing"] == []
    for result in report["results"]:
        assert result["verdict"] == "up" and result["agent"] and result["phases_ms"]["total"] > 0
        assert result["observation"]["http"]["status"] == 200 and result["assertions"]
    target.break_now()
    spec = {"kind": "http", "spec": {"url": target.url}, "timeout_ms": 2000, "regions": ["us"]}
    [result] = stack.post("/v1/check", spec, status=200)["results"]
    assert result["region"] == "us" and result["verdict"] == "down" and result["class"] != "none" and result["message"]
    target.mend()
    assert stack.get(f"/v1/monitors/{monitor}/results")["items"] == [] and stack.incidents(site) == []


def test_an_agents_credentials_allow_its_own_region_and_nothing_else(stack):
    import pytest
    from bus import Refused

    for subject in ("sonde.v1.results.0.us", "sonde.v1.presence.us", "sonde.v1.runs.us", "sonde.v1.jobs.eu", "$JS.API.STREAM.DELETE.SONDE_JOBS_eu",
                    "$JS.API.CONSUMER.MSG.NEXT.SONDE_JOBS_us.agents", "sonde.v1.events.incident.opened.x"):
        with stack.bus("eu-1") as bus, pytest.raises(Refused, match="Permissions Violation"):
            bus.publish(subject, b"{}")
            bus.flush()
    for subject in ("sonde.v1.jobs.>", "sonde.v1.events.>", "_INBOX.>", "_INBOX_us.>"):
        with stack.bus("eu-1") as bus, pytest.raises(Refused, match="Permissions Violation"):
            bus.subscribe(subject)
    with stack.bus("subscriber") as bus, pytest.raises(Refused, match="Permissions Violation"):
        bus.publish("sonde.v1.events.incident.opened.x", b"{}")
        bus.flush()
