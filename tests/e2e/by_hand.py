"""An incident that people open, work on and end, through the whole stack: what they do is told, once, and survives a crash."""
from waiting import eventually

EVENTS = ["incident.opened", "incident.assigned", "incident.severity_changed", "incident.acknowledged", "incident.update_published",
          "incident.resolved", "incident.reopened", "incident.postmortem_published"]


def test_an_incident_is_opened_worked_on_ended_and_opened_again_by_hand(stack, receiver):
    stack.channel(receiver, events=EVENTS)
    site = stack.site("By hand")
    opened = stack.post("/v1/incidents", {"site_id": site, "title": "Orders stand", "comment": "told by phone"})
    path = f"/v1/incidents/{opened['id']}"
    assert opened["opened_by"] == "token:admin" and opened["state"] == "open"
    assert stack.call("POST", "/v1/incidents", {"site_id": site, "title": "Again"}).status_code == 409
    stack.post(f"{path}/acknowledge", status=200)
    stack.post(f"{path}/assign", {"to": "ann"}, status=200)
    eventually(lambda: receiver.of("incident.assigned"), 30, "it was told whom it is assigned to")

    old = stack.kill("engine")
    stack.back("engine", old)
    eventually(lambda: stack.post(f"{path}/severity", {"severity": "minor"}, status=200), 30, "the next engine goes on")
    stack.post(f"{path}/updates", {"status": "identified", "text": "A disk is full."}, status=200)
    resolved = stack.post(f"{path}/resolve", {"comment": "there is room"}, status=200)
    assert (resolved["state"], resolved["resolved_by"], resolved["severity"]) == ("resolved", "token:admin", "minor")
    assert stack.call("PUT", f"{path}/postmortem", {"text": "At noon.", "root_cause": "A log.", "published": True}).status_code == 200
    reopened = stack.post(f"{path}/reopen", status=200)
    assert (reopened["state"], reopened["reopened"], reopened["assigned_to"]) == ("open", 1, "ann")

    eventually(lambda: receiver.of("incident.reopened"), 30, "it was told that it is open again")
    eventually(stack.settled, 30, "everything was told")
    assert receiver.forged == []
    for kind in EVENTS:
        assert len({call["id"] for call in receiver.of(kind)}) <= 1, f"{kind} was told twice"
    assert receiver.of("incident.update_published")[0]["event"]["incident"]["update"]["text"] == "A disk is full."
    assert receiver.of("incident.assigned")[0]["event"]["incident"]["change"] == {"from": None, "to": "ann"}
    kinds = [event["kind"] for event in stack.get(f"{path}/timeline")["items"]]
    assert kinds == ["opened", "acknowledged", "assigned", "severity_changed", "update_published", "resolved", "postmortem_written", "reopened"]

    # Deleting the site ends what is open of it.
    assert stack.call("DELETE", f"/v1/sites/{site}").status_code == 204
    eventually(lambda: stack.get(path)["state"] == "resolved", 20, "nothing is left open of a deleted site")


def test_what_fails_joins_what_a_person_opened_and_its_recovery_leaves_it_open(stack, target):
    site = stack.site("Joined")
    monitor = stack.monitor(site, target.url, policy={"recovery_rounds": 1}, severity="minor")
    stack.wait_up_everywhere(monitor)
    path = "/v1/incidents/" + stack.post("/v1/incidents", {"site_id": site, "title": "Something is odd", "monitors": [monitor]})["id"]
    target.break_now()
    member = eventually(lambda: next((m for m in stack.get(path)["monitors"] if not m["named"]), None), 30, "the monitor joined")
    assert member["cause"] == "http_status" and member["severity"] == "minor"
    target.mend()
    eventually(lambda: stack.get(path)["monitors"][0]["left_at"], 30, "it left")
    shown = stack.get(path)
    assert shown["state"] == "open" and shown["severity"] == "minor"
    assert len(stack.incidents(site)) == 1
    explained = stack.get(f"{path}/explain")
    joined = next(t for t in explained["transitions"] if t["kind"] == "monitor_joined")
    assert joined["votes"] and joined["asked"], joined
    assert any("was opened by hand" in sentence for sentence in explained["summary"])
