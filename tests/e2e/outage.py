"""The way of a check, from a web server that stops to pages that come once."""
from stack import REGIONS, moment
from waiting import eventually


def test_a_web_server_that_stops_is_an_incident_within_three_seconds_and_told_once(stack, nginx, receiver):
    stack.channel(receiver, events=["incident.opened", "incident.acknowledged", "incident.resolved"])
    site = stack.site("Shop")
    monitor = stack.monitor(site, nginx.url)
    stack.wait_up_everywhere(monitor)
    assert stack.incidents(site) == []

    nginx.stop()
    incident = eventually(lambda: stack.incidents(site, state="open"), 15, "an incident is open")[0]
    assert incident["scope"] == "outage" and incident["severity"] == "critical"
    assert moment(incident["opened_at"]) - moment(incident["failing_since"]) <= 3
    assert stack.state(monitor) == "down"

    # Who voted what, and by which rule.
    explained = stack.get(f"/v1/incidents/{incident['id']}/explain")
    down = [v for v in explained["opened"]["votes"] if v["verdict"] == "down"]
    assert len({v["region"] for v in down}) >= 2 and {v["region"] for v in down} <= set(REGIONS)
    assert all(v["class"] == "connect_refused" for v in down)
    assert "majority" in explained["rule"]

    opened = eventually(lambda: receiver.of("incident.opened"), 10, "the page came")
    assert opened[0]["event"]["incident"]["id"] == incident["id"]
    assert [m["cause"] for m in opened[0]["event"]["incident"]["monitors"]] == ["connect_refused"]

    acknowledged = stack.post(f"/v1/incidents/{incident['id']}/acknowledge", status=200)
    assert acknowledged["state"] == "acknowledged" and acknowledged["acknowledged_by"]
    again = stack.call("POST", f"/v1/incidents/{incident['id']}/acknowledge")
    assert again.status_code in (200, 409)

    nginx.start()
    resolved = eventually(lambda: stack.incidents(site, state="resolved"), 30, "the incident is resolved")[0]
    assert resolved["id"] == incident["id"] and resolved["resolved_by"] == "engine"
    eventually(lambda: receiver.of("incident.resolved"), 10, "the end was told")
    eventually(stack.settled, 10, "nothing is left to be told")
    stack.wait_up_everywhere(monitor)

    assert receiver.forged == []
    for kind in ("incident.opened", "incident.acknowledged", "incident.resolved"):
        assert len(receiver.of(kind)) == 1, kind
    timeline = [e["kind"] for e in stack.get(f"/v1/incidents/{incident['id']}/timeline")["items"]]
    assert timeline[0] == "opened" and "acknowledged" in timeline and timeline[-1] == "resolved"
    deliveries = stack.get(f"/v1/incidents/{incident['id']}/deliveries")["items"]
    assert sorted(d["event_kind"] for d in deliveries) == ["incident.acknowledged", "incident.opened", "incident.resolved"]
    assert all(d["state"] == "sent" and len(d["attempts"]) == 1 for d in deliveries)
    # Two good rounds, not one: every region was well in two slots before the end.
    slots = {r["slot"] for r in stack.get(f"/v1/monitors/{monitor}/results?verdict=up&from={incident['opened_at']}")["items"]
             if moment(r["started_at"]) < moment(resolved["resolved_at"])}
    assert len(slots) >= 2


def test_a_receiver_that_fails_is_told_again_until_it_answers(stack, target, receiver):
    receiver.answers = [(500, {}), (503, {"Retry-After": "1"})]
    stack.channel(receiver)
    site = stack.site("Receiver that fails")
    monitor = stack.monitor(site, target.url, policy={"recovery_rounds": 1})
    stack.wait_up_everywhere(monitor)
    target.break_now()
    incident = eventually(lambda: stack.incidents(site), 15, "an incident is open")[0]
    eventually(lambda: len(receiver.of("incident.opened")) >= 3, 60, "it was told a third time")
    eventually(stack.settled, 30, "nothing is left to be told")
    attempts = stack.get(f"/v1/incidents/{incident['id']}/deliveries")["items"][0]["attempts"]
    assert [a["http_status"] for a in attempts] == [500, 503, 204]
    assert len({c["id"] for c in receiver.of("incident.opened")}) == 1
    target.mend()
    eventually(lambda: receiver.of("incident.resolved"), 30, "the end was told")


def test_every_slot_is_accounted_for(stack, target):
    site = stack.site("Accounted")
    monitor = stack.monitor(site, target.url)
    eventually(lambda: len(stack.get(f"/v1/monitors/{monitor}/results")["items"]) >= 9, 30, "three slots in three regions")
    results = stack.get(f"/v1/monitors/{monitor}/results")["items"]
    keys = [(r["slot"], r["region"], r["attempt"]) for r in results]
    assert len(keys) == len(set(keys))
    slots = sorted({moment(r["slot"]) for r in results})
    assert all(round((b - a) * 1000) == 5000 for a, b in zip(slots, slots[1:])), "slots are at a fixed rate"
    assert all(0 <= moment(r["started_at"]) - moment(r["slot"]) < 1.5 for r in results)
    rows = stack.get("/v1/ledger")["items"]
    assert {r["region"] for r in rows} == set(REGIONS)
    assert sum(r["executed"] for r in rows) > 0
    assert all(r["late"] <= r["executed"] and r["executed"] + r["missed"] >= r["expected"] for r in rows)
