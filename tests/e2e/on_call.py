"""Who is told next of an outage that nobody acknowledges, through the whole stack."""
import pytest

from peers import Receiver
from waiting import eventually

NOTHING_BY_ITSELF = ["maintenance.started"]  # a channel must ask for something


@pytest.fixture
def pager():
    made = Receiver().start()
    yield made
    made.stop()


def step(after_ms, *channels):
    return {"after_ms": after_ms, "channels": list(channels)}


def test_what_nobody_acknowledges_reaches_the_next_step_and_after_the_acknowledgement_nobody(stack, target, receiver, pager):
    chat = stack.channel(receiver)
    paged = stack.channel(pager, events=NOTHING_BY_ITSELF)
    escalation = stack.post("/v1/escalations", {"name": "night", "steps": [step(0, chat), step(2000, paged), step(2000, paged)], "repeat": {"times": 3, "after_ms": 3000}})
    site = stack.site("Escalated")
    route = stack.post("/v1/routes", {"name": "all", "channels": [chat], "match": {"sites": [site]}, "continue": True, "escalation_id": escalation["id"]})
    monitor = stack.monitor(site, target.url, policy={"recovery_rounds": 1})
    stack.wait_up_everywhere(monitor)
    target.break_now()

    eventually(lambda: len(pager.of("incident.escalated")) >= 2, 60, "the third step came")
    # Whoever dies now has asked for a step or has not.
    for name in ("notifier", "engine"):
        stack.back(name, stack.kill(name))
    eventually(lambda: any(call["event"]["incident"]["escalation"]["round"] == 2 for call in receiver.of("incident.escalated")), 60, "it began again")
    incident = stack.incidents(site)[0]["id"]
    path = f"/v1/incidents/{incident}"
    stack.post(f"{path}/acknowledge", status=200)
    eventually(stack.settled, 30, "everything was told")
    told = [call["event"] for call in receiver.of("incident.escalated") + pager.of("incident.escalated")]
    steps = [event for event in stack.get(f"{path}/timeline")["items"] if event["kind"] == "escalated"]
    assert [event["data"]["number"] for event in steps] == list(range(1, len(steps) + 1)), "each step once, in order"
    assert {event["id"] for event in told} and len(steps) >= len({event["id"] for event in told})
    course = stack.get(f"{path}/explain")["courses"][0]
    assert (course["state"], course["name"], course["route_id"]) == ("acknowledged", "night", route["id"])

    target.mend()
    eventually(lambda: pager.of("incident.resolved"), 60, "who was led there by a step hears of the end")
    eventually(stack.settled, 30, "everything was told")
    timeline = [event["kind"] for event in stack.get(f"{path}/timeline")["items"]]
    assert "escalated" not in timeline[timeline.index("acknowledged"):], "no step after the acknowledgement"
    deliveries = stack.get(f"{path}/deliveries")["items"]
    assert {d["via"] for d in deliveries if d["event_kind"] == "incident.escalated" and d["channel_id"] == paged and d["state"] != "not_sent"} == {"escalation"}
    assert receiver.forged == [] and pager.forged == []


def test_that_it_is_not_over_is_told_again_until_it_is(stack, target, receiver):
    chat = stack.channel(receiver)
    site = stack.site("Reminded")
    stack.post("/v1/routes", {"name": "all", "channels": [chat], "match": {"sites": [site]}, "continue": True,
                              "reminders": {"every_ms": 10000, "at_most": 2, "while_acknowledged": True}})
    stack.post("/v1/incidents", {"site_id": site, "title": "Orders stand"})
    incident = stack.incidents(site)[0]["id"]
    stack.post(f"/v1/incidents/{incident}/acknowledge", status=200)
    eventually(lambda: len(receiver.of("incident.reminder")) == 2, 90, "both reminders came")
    first = receiver.of("incident.reminder")[0]["event"]["incident"]["reminder"]
    assert (first["number"], first["of"]) == (1, 2) and first["lasts_seconds"] >= 9
    stack.post(f"/v1/incidents/{incident}/resolve", status=200)
    eventually(stack.settled, 30, "everything was told")
    assert stack.get(f"/v1/incidents/{incident}/explain")["courses"][0]["state"] == "resolved"
