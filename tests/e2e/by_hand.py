"""An incident that people open, work on and end, through the whole stack: what they do is told, once, and survives a crash."""
from stack import sonde
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


def places_of(output: str) -> dict[str, tuple[int, ...]]:
    return {fields[0]: tuple(map(int, fields[1:])) for line in output.splitlines() if len(fields := line.split()) == 4 and "." in fields[0]}


def test_the_key_of_secrets_is_changed_under_the_running_stack(stack, receiver, target):
    site = stack.site("Keys")
    stack.channel(receiver, events=["incident.opened"])
    spec = {"url": target.url, "headers": {"X-Key": "{{secrets.KEY}}"}}
    monitor = stack.monitor(site, "", spec=spec, secrets={"KEY": "open sesame"})
    key = {"Idempotency-Key": "before-the-key-changed"}
    body = {"site_id": site, "title": "Written down before"}
    first = stack.call("POST", "/v1/incidents", body, headers=key)
    assert first.status_code == 201, first.text
    eventually(lambda: receiver.of("incident.opened"), 30, "the first page, signed")
    file = stack.data / "secrets" / "key"
    old = file.read_text()

    done = sonde("secrets", "rotate", "--data", str(stack.data))
    assert done.returncode == 0, done.stderr
    moved = places_of(done.stdout)
    assert all(newest == unreadable == 0 for newest, _, unreadable in moved.values()), moved  # those of earlier tests, too
    assert all(moved[place][1] >= 1 for place in ("monitor.secrets", "channel.secrets", "request_key.answer")), moved
    assert file.read_text() != old and len(file.read_text().splitlines()) == 1 and file.stat().st_mode & 0o777 == 0o600
    status = sonde("secrets", "status", "--data", str(stack.data))
    assert status.returncode == 0 and all(older == unreadable == 0 for _, older, unreadable in places_of(status.stdout).values())

    # Every service goes on with it, none was started anew: the engine's jobs have the secret, the notifier signs, the API remembers its answer.
    again = stack.call("POST", "/v1/incidents", body, headers=key)
    assert (again.status_code, again.json(), again.headers["Idempotency-Replayed"]) == (first.status_code, first.json(), "true")
    assert [r["verdict"] for r in stack.post(f"/v1/monitors/{monitor}/check", status=200)["results"]] == ["up"] * 3
    assert stack.call("POST", f"/v1/incidents/{first.json()['id']}/resolve", {}).status_code == 200
    target.break_now()
    eventually(lambda: len({call["event"]["incident"]["id"] for call in receiver.of("incident.opened")}) == 2, 30, "the second page, signed")
    assert receiver.forged == []

    # With the old key alone nothing opens, and that is told rather than dropped.
    file.write_text(old)
    lost = sonde("secrets", "status", "--data", str(stack.data))
    assert lost.returncode == 1 and "no key of the file opens channel:" in lost.stderr


def test_every_column_of_bytes_is_a_digest_or_can_be_sealed_anew(stack):
    status = sonde("secrets", "status", "--data", str(stack.data))
    digests = {"bus_claims.shape", "client_secret.hash", "join_token.hash", "login_attempt.subject", "oidc_ticket_used.hash", "password_token.hash", "recovery_code.hash", "status_page.token_digest",
               "request_key.fingerprint", "session.hash", "subscriber.digest"}
    columns = {f"{table}.{column}" for table, column in stack.query("""
        select table_name, column_name from information_schema.columns where table_schema = 'public' and data_type = 'bytea'""")}
    assert columns - digests == set(places_of(status.stdout))


def test_a_channel_is_tried_by_its_name(stack, receiver):
    stack.channel(receiver, name="tried")
    access = ("--api", stack.endpoints["api"], "--token-file", stack.endpoints["token_file"])
    sent = sonde("channel", "test", "tried", *access)
    assert sent.returncode == 0 and sent.stdout == "sent (HTTP 204)\n", sent.stdout + sent.stderr
    assert [call["event"]["actor"] for call in receiver.of("channel.test")] == ["token:admin"] and receiver.forged == []
    receiver.answers = [(404, {})]
    refused = sonde("channel", "test", "tried", *access)
    assert refused.returncode == 1 and "dead: HTTP 404" in refused.stderr, refused.stdout + refused.stderr
    assert "there is no channel untold" in sonde("channel", "test", "untold", *access).stderr
