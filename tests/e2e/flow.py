"""A storm through the whole stack: told as one message, each incident once, whatever dies meanwhile."""
from waiting import eventually

EVENTS = ["incident.opened", "incident.resolved", "delivery.dead"]
INCIDENTS = 12


def test_a_storm_is_told_by_one_message_though_the_notifier_dies_in_it(stack, receiver):
    channel = stack.channel(receiver, events=EVENTS, digest={"storm": {"more_than": 4, "within_ms": 600_000}})
    incidents = []
    for number in range(INCIDENTS):
        site = stack.site(f"storm {number}")
        incidents.append(stack.post("/v1/incidents", {"site_id": site, "title": f"Shop {number} is closed", "severity": "major"})["id"])
        if number == 7:
            stack.back("notifier", stack.kill("notifier"))
    eventually(lambda: len(receiver.of("incident.opened")) >= 4, 30, "the first are told one by one")

    def last():
        calls = receiver.of("channel.digest")
        return calls[-1]["event"]["digest"] if calls else None
    # Later messages keep a distance; who tests need not wait for that.
    def told(count: int, what: str):
        stack.query("update digest set due_at = now() where due_at is not null returning 1")
        digest = last()
        return digest and digest["counts"][what] == count
    eventually(lambda: told(INCIDENTS - 4, "incidents"), 60, "the others are told together")
    alone = {call["event"]["incident"]["id"] for call in receiver.of("incident.opened")}
    together = {one["id"] for one in last()["incidents"]}
    assert len(alone) == 4 and alone | together == set(incidents) and not alone & together

    grouped = sorted(together)[0]
    delivery = next(d for d in stack.get(f"/v1/incidents/{grouped}/deliveries")["items"] if d["channel_id"] == channel)
    assert (delivery["state"], delivery["reason"]) == ("not_sent", "grouped") and delivery["told_by_event_id"].startswith("evt_")
    told_by = next(d for d in stack.get(f"/v1/channels/{channel}/deliveries")["items"] if d["event_id"] == delivery["told_by_event_id"])
    assert told_by["event_kind"] == "channel.digest"

    stack.back("notifier", stack.kill("notifier"))
    for incident in incidents:
        stack.post(f"/v1/incidents/{incident}/resolve", {}, status=200)
    eventually(lambda: told(INCIDENTS - 4, "resolved"), 60, "that they are over is told together")
    eventually(lambda: {call["event"]["incident"]["id"] for call in receiver.of("incident.resolved")} == alone, 30, "the first are told one by one to have ended")
    eventually(stack.settled, 30, "nothing is left to be told")
    assert receiver.forged == []
