"""What is malformed is refused with its place, or set aside and counted; it stops nothing."""
import json

import pytest

from waiting import eventually

JSON = {"Content-Type": "application/json"}
GOOD = {"kind": "http", "name": "m", "spec": {"url": "https://example.com/"}}


def send(stack, method: str, path: str, body: bytes, headers=JSON):
    return stack.session.request(method, stack.endpoints["api"] + path, data=body, headers=headers, timeout=10)


def check_problem(answer, statuses, pointer=None):
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == answer.status_code and problem["type"].startswith("urn:sonde:problem:") and problem["title"]
    if pointer is not None:
        assert pointer in [e["pointer"] for e in problem["errors"]], problem
        assert all(e["detail"] for e in problem["errors"])


@pytest.fixture(scope="module")
def site(stack):
    return stack.post("/v1/sites", {"name": "Bad input"})["id"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"name": "a", "name": "b"}', b'{"name": "\xc3\x28"}', b"[" * 10000, b'{"name": 1e999}'],
                         ids=["empty", "cut", "array", "null", "text", "not-utf8", "twice", "bad-utf8", "deep", "huge-number"])
def test_bodies_that_are_no_documents_of_the_kind_are_refused(stack, body):
    check_problem(send(stack, "POST", "/v1/sites", body), (400, 422))


@pytest.mark.parametrize("fields,pointer", [
    ({}, ""),  # what is missing is told with the pointer of the object it is missing from
    ({"name": ""}, "/name"),
    ({"name": 7}, "/name"),
    ({"name": None}, "/name"),
    ({"name": "x" * 5000}, "/name"),
    ({"name": "a\u0000b"}, "/name"),
    ({"name": "ok", "tags": "not a list"}, "/tags"),
    ({"name": "ok", "tags": ["x", 1]}, "/tags/1"),
    ({"name": "ok", "active": "yes"}, "/active"),
    ({"name": "ok", "no_such_field": 1}, "/no_such_field"),
    ({"name": "ok", "id": "sit_0000000000000"}, "/id"),
])
def test_sites_with_a_wrong_field_are_refused_with_its_pointer(stack, fields, pointer):
    check_problem(send(stack, "POST", "/v1/sites", json.dumps(fields).encode()), (422,), pointer)


@pytest.mark.parametrize("fields,pointer", [
    ({"site_id": "mon_0000000000000"}, "/site_id"),
    ({"kind": "telepathy"}, "/kind"),
    ({"interval_ms": 4999}, "/interval_ms"),
    ({"interval_ms": 5000.5}, "/interval_ms"),
    ({"interval_ms": "5000"}, "/interval_ms"),
    ({"interval_ms": 5000, "timeout_ms": 5000}, "/timeout_ms"),
    ({"timeout_ms": 99}, "/timeout_ms"),
    ({"regions": ["mars"]}, "/regions/0"),
    ({"regions": ["eu", "eu"]}, "/regions/1"),
    ({"placement": "everywhere"}, "/placement"),
    ({"severity": "dire"}, "/severity"),
    ({"policy": {"quorum": "most"}}, "/policy/quorum"),
    ({"policy": {"quorum": {"at_least": 0}}}, "/policy/quorum/at_least"),
    ({"policy": {"recovery_rounds": 0}}, "/policy/recovery_rounds"),
    ({"policy": {"no_such_field": 1}}, "/policy/no_such_field"),
    ({"spec": {}}, "/spec"),
    ({"spec": {"url": "not a url"}}, "/spec/url"),
    ({"spec": {"url": "/relative"}}, "/spec/url"),
    ({"spec": {"url": "ftp://example.com/"}}, "/spec/url"),
    ({"spec": {"url": "file:///etc/passwd"}}, "/spec/url"),
    ({"spec": {"url": "https://user:secret@example.com/"}}, "/spec/url"),
    ({"spec": {"url": "https://example.com/#fragment"}}, "/spec/url"),
    ({"spec": {"url": "https://example.com:0/"}}, "/spec/url"),
    ({"spec": {"url": "https://example.com:65536/"}}, "/spec/url"),
    ({"spec": {"url": "https:///nowhere"}}, "/spec/url"),
    ({"spec": {"url": "http://example.com/\r\nX-Evil: 1"}}, "/spec/url"),
    ({"spec": {"url": "https://example.com/" + "a" * 3000}}, "/spec/url"),
    ({"spec": {"url": "https://example.com/", "method": "delete"}}, "/spec/method"),
    ({"spec": {"url": "https://example.com/", "method": "CONNECT"}}, "/spec/method"),
    ({"spec": {"url": "https://example.com/", "headers": {"Host": "e vil"}}}, "/spec/headers"),
    ({"spec": {"url": "https://example.com/", "headers": {"Connection": "close"}}}, "/spec/headers/Connection"),
    ({"spec": {"url": "https://example.com/", "headers": {"X-A": "b\r\nX-Evil: 1"}}}, "/spec/headers/X-A"),
    ({"spec": {"url": "https://example.com/", "method": "HEAD", "body": "x"}}, "/spec/body"),
    ({"spec": {"url": "https://example.com/", "headers": {"X-Key": "{{secrets.NONE}}"}}}, "/spec/headers/X-Key"),
    ({"secrets": {"KEY": 5}}, "/secrets/KEY"),
    ({"secrets": {"K-Y": "value"}}, "/secrets/K-Y"),
    ({"spec": {"url": "https://example.com/", "accept_status": "200-99"}}, "/spec/accept_status"),
    ({"spec": {"url": "https://example.com/", "max_redirects": 21}}, "/spec/max_redirects"),
    ({"spec": {"url": "https://example.com/", "max_body_bytes": 1 << 40}}, "/spec/max_body_bytes"),
    ({"spec": {"url": "https://example.com/", "a/b~c": 1}}, "/spec/a~1b~0c"),
])
def test_monitors_with_a_wrong_field_are_refused_with_its_pointer(stack, site, fields, pointer):
    body = {"site_id": site} | GOOD | fields
    check_problem(send(stack, "POST", "/v1/monitors", json.dumps(body).encode()), (422,), pointer)


def test_every_mistake_of_a_document_is_told_at_once(stack, site):
    body = {"site_id": site, "kind": "http", "name": "", "interval_ms": 1, "spec": {"url": "x", "method": "eat"}, "more": 1}
    answer = send(stack, "POST", "/v1/monitors", json.dumps(body).encode())
    check_problem(answer, (422,))
    assert {"/name", "/interval_ms", "/spec/url", "/spec/method", "/more"} <= {e["pointer"] for e in answer.json()["errors"]}


@pytest.mark.parametrize("config,pointer", [
    ({"url": "gopher://example.com/"}, "/config/url"),
    ({"url": "http://example.com/", "extra": 1}, "/config/extra"),
    ({}, "/config"),
])
def test_channels_with_a_wrong_field_are_refused_with_its_pointer(stack, config, pointer):
    body = {"kind": "webhook", "name": "c", "config": config}
    check_problem(send(stack, "POST", "/v1/channels", json.dumps(body).encode()), (422,), pointer)


@pytest.mark.parametrize("method,path,statuses", [
    ("GET", "/v1/nothing", (404,)),
    ("GET", "/v1/sites/sit_0000000000001", (404,)),
    ("GET", "/v1/sites/not-an-id", (404, 422)),
    ("GET", "/v1/sites/..%2f..%2fetc", (400, 404, 422)),
    ("PUT", "/v1/sites", (405,)),
    ("GET", "/v1/sites?limit=0", (400, 422)),
    ("GET", "/v1/sites?limit=501", (400, 422)),
    ("GET", "/v1/sites?cursor=%00", (400, 422)),
    ("GET", "/v1/sites?cursor=bm9uc2Vuc2U", (400, 422)),
    ("GET", "/v1/sites?no_such=1", (400, 422)),
    ("GET", "/v1/monitors?state=sleepy", (400, 422)),
    ("GET", "/v1/ledger?from=yesterday", (400, 422)),
    ("GET", "/v1/sites?" + "a" * 9000, (414, 431)),
])
def test_targets_that_lead_nowhere_are_problems_too(stack, method, path, statuses):
    check_problem(send(stack, method, path, b"", {}), statuses)


def test_bodies_of_another_type_or_too_large_are_refused(stack):
    check_problem(send(stack, "POST", "/v1/sites", b"name=x", {"Content-Type": "application/x-www-form-urlencoded"}), (415,))
    check_problem(send(stack, "POST", "/v1/sites", b'{"name": "' + b"x" * (20 << 20) + b'"}'), (413,))


def test_without_a_token_nothing_is_told(stack):
    for header in ({"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer sonde_" + "A" * 43}, {"Authorization": "Basic YTpi"}):
        check_problem(send(stack, "GET", "/v1/sites", b"", header), (401,))


def test_a_change_against_a_version_that_is_gone_is_refused(stack, site):
    answer = stack.call("GET", f"/v1/sites/{site}")
    tag = answer.headers["ETag"]
    assert stack.call("GET", f"/v1/sites/{site}", headers={"If-None-Match": tag}).status_code == 304
    assert stack.call("PATCH", f"/v1/sites/{site}", {"owner_note": "mine"}, headers={"If-Match": tag}).status_code == 200
    check_problem(stack.call("PATCH", f"/v1/sites/{site}", {"owner_note": "theirs"}, headers={"If-Match": tag}), (412,))
    assert stack.get(f"/v1/sites/{site}")["owner_note"] == "mine"


MALFORMED = [b"", b"not json", b"{}", b'{"v":1}', b'{"v":99,"region":"eu"}', b"\xff" * 100, b"[" * 5000, b'{"v":1,"region":"eu","agent":"x","shard":0,"sent_at":0,"results":[{}]}',
             b'{"v":1,"region":"eu","jobs":[{"monitor":"mon_zzzz"}]}']


@pytest.mark.parametrize("subject", ["sonde.v1.results.0.eu", "sonde.v1.jobs.eu", "sonde.v1.urgent.eu"])
def test_malformed_messages_are_parked_and_counted_and_stop_nothing(stack, target, subject):
    with stack.bus() as bus:
        before = eventually(lambda: bus.jetstream("STREAM.INFO.SONDE_PARKED").get("state"), 30, "the stream of parked messages is there")["messages"]
        for payload in MALFORMED:
            bus.publish(subject, payload)
        bus.flush()
        eventually(lambda: bus.messages_in("SONDE_PARKED") >= before + len(MALFORMED), 30, "all of them were set aside")
        assert bus.messages_in("SONDE_PARKED") == before + len(MALFORMED), "each once"
    service = "engine" if "results" in subject else "eu-1"
    counted = [float(line.split()[-1]) for line in stack.metrics(service).splitlines() if ("malformed" in line or "parked" in line) and not line.startswith("#")]
    assert sum(counted) >= len(MALFORMED)
    site = stack.site(f"After malformed {subject}")
    stack.wait_up_everywhere(stack.monitor(site, target.url))


def test_malformed_presence_is_not_answered_and_stops_nothing(stack):
    with stack.bus() as bus:
        for payload in MALFORMED:
            bus.publish("sonde.v1.presence.eu", payload, "_INBOX.nobody")
        bus.flush()
    eventually(lambda: all(a["live"] for a in stack.get("/v1/agents")["items"]), 20, "the agents are still seen")


def test_a_result_of_another_region_than_the_sender_may_speak_for_is_not_believed(stack, target):
    """The region is in the subject, which the server guards; a body that says otherwise is malformed."""
    site = stack.site("Lied about")
    monitor = stack.monitor(site, target.url)
    stack.wait_up_everywhere(monitor)
    with stack.bus("ap-1") as bus:
        body = {"v": 1, "region": "eu", "agent": "liar", "shard": 0, "sent_at": 0, "results": [
            {"monitor": monitor, "site": site, "rev": 1, "slot": 0, "attempt": 0, "reason": "schedule", "started_at": 0, "verdict": "down", "class": "reset",
             "phases_us": [0, 0, 0, 0, 0, 0], "detail": {}}]}
        for shard in range(4):
            bus.publish(f"sonde.v1.results.{shard}.ap", json.dumps(body | {"shard": shard}).encode())
        bus.flush()
    stack.wait_up_everywhere(monitor)
    votes = {v["region"]: v["verdict"] for v in stack.get(f"/v1/monitors/{monitor}")["votes"]}
    assert votes["eu"] == "up"
    assert stack.incidents(site) == []
