"""Fire drills: a page on command, from agents to the receiver and back; and another channel hears when it does not get through."""
import pytest

from peers import Receiver
from waiting import eventually


@pytest.fixture
def alarm():
    made = Receiver().start()
    yield made
    made.stop()


def drill_of(stack, receiver, **fields):
    site = stack.site("Fire drill")
    monitor = stack.post("/v1/monitors", {"site_id": site, "name": "drill", "kind": "drill", "spec": {}, "interval_ms": 5000, "policy": {"recovery_rounds": 1}})["id"]
    channel = stack.channel(receiver)
    drill = stack.post("/v1/drills", {"name": "weekly", "monitor_id": monitor, "channel_id": channel, "schedule": "0 10 * * mon", "within_ms": 30_000} | fields)
    return site, monitor, channel, f"/v1/drills/{drill['id']}"


def ended(stack, path, state, seconds=60):
    return eventually(lambda: (run := stack.get(path)["last_run"]) and run["state"] == state and run, seconds, f"the drill has {state}")


def test_a_page_is_sent_the_whole_way_and_back_whoever_dies_meanwhile(stack, receiver, alarm):
    stack.channel(alarm, events=["drill.failed"])
    site, monitor, channel, path = drill_of(stack, receiver)
    stack.wait_up_everywhere(monitor)
    assert stack.post(f"{path}/run", status=202)["state"] == "asked"
    assert stack.call("POST", f"{path}/run").status_code == 409
    ended(stack, path, "running", 20)
    stack.back("controlplane", stack.kill("controlplane"))
    run = ended(stack, path, "passed")
    steps = [run[step] for step in ("asked_at", "began_at", "failed_check_at", "opened_at", "planned_at", "told_at")]
    assert None not in steps and steps == sorted(steps), run
    assert 0 < run["page_ms"] < 30_000
    told = receiver.of("incident.opened")
    assert len(told) == 1 and told[0]["event"]["incident"]["id"] == run["incident_id"]
    assert "the drill fails until" in str(stack.get(f"/v1/incidents/{run['incident_id']}/evidence"))
    # It ends by itself, and may come again.
    eventually(lambda: stack.get(f"/v1/incidents/{run['incident_id']}")["state"] == "resolved", 90, "the incident resolved")
    eventually(lambda: receiver.of("incident.resolved"), 20, "its end was told")
    assert not alarm.calls and receiver.forged == []


def test_a_page_that_does_not_get_through_is_told_to_another_channel(stack, receiver, alarm):
    stack.channel(alarm, events=["drill.failed"])
    site, monitor, channel, path = drill_of(stack, receiver)
    stack.wait_up_everywhere(monitor)
    stack.post("/v1/route-overrides", {"site_id": site, "mute": [channel]})
    stack.post(f"{path}/run", status=202)
    run = ended(stack, path, "failed")
    assert run["reason"] == "not_sent" and run["page_ms"] is None and run["told_at"] is None
    event = eventually(lambda: alarm.of("drill.failed"), 20, "another channel was told")[0]["event"]
    assert event["reason"] == "not_sent" and event["drill"]["channel_id"] == channel and event["drill"]["name"] == "weekly"
    assert not receiver.of("incident.opened")


def test_a_drill_comes_by_its_schedule(stack, receiver):
    # Each second, so that the next one is never far.
    site, monitor, channel, path = drill_of(stack, receiver, schedule="*-*-* *:*:*")
    run = ended(stack, path, "passed", 90)
    assert run["began_at"] is not None
    stack.call("PATCH", path, {"enabled": False})
