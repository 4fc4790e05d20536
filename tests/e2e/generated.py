"""Requests made from the OpenAPI document, right ones and wrong ones, against a whole stack: whatever is sent, the answer is one that the document has.

SONDE_GENERATED=n sends n requests to every operation (a thousand take a quarter of an hour), where otherwise a few seconds have to do; SONDE_GENERATED_SEED=s sends others. What fails prints its request
and the seed, with which the same comes again. A run of all tests sends the same every time, and so judges the change alone.
"""
import base64
import binascii
import collections
import concurrent.futures
import os
import random
import sys
import threading
import time

import pytest
import requests

from stack import REGIONS, Stack
from waiting import PATIENCE

sys.path.append(os.path.join(os.path.dirname(__file__), "../openapi"))
import document as contract  # noqa: E402
from answers import Answers  # noqa: E402
from requests_of import Request, Requests  # noqa: E402

EACH = int(os.environ.get("SONDE_GENERATED", "0"))
SECONDS = 8 * PATIENCE
LEAST = 4  # to every operation, however slow the machine is: of one alone most are refused, for want of what others make
AT_ONCE = 4
SEED = os.environ.get("SONDE_GENERATED_SEED", "1")
SLOW = {"runMonitor", "runSpec", "backtest", "metrics"}  # one in ten of the others: they wait for agents, or read much
LARGEST_HEAD = 32 * 1024
DOCUMENT = contract.load()
NAME_OF_REGION = "[a-z]"  # as their pattern begins


def bus_key() -> str:
    """A public key as a NATS user has it: prefix, 32 octets and their CRC-16 in base32."""
    told = b"\xa0" + os.urandom(32)
    return base64.b32encode(told + binascii.crc_hqx(told, 0).to_bytes(2, "little")).decode()


class World:
    """What there is to ask for, replenished as the run removes it."""

    def __init__(self, stack: Stack):
        self.stack = stack
        # Without these nothing would be checked any more, and little answered.
        self.stays = [f"/v1/regions/{name}" for name in REGIONS] + [f"/v1/agents/{one['id']}" for one in stack.get("/v1/agents")["items"]]
        self.ids: dict[str, list[str]] = collections.defaultdict(list)
        self.ids[NAME_OF_REGION] = list(REGIONS)
        self.tags: dict[str, str] = {}
        self.regions = self.pages = self.agents = 0
        self.lock = threading.Lock()

    def replenish(self):
        with self.lock:
            self.make_what_lacks()

    def make_what_lacks(self):
        if len(self.ids["sit_"]) < 4:
            self.ids["sit_"] += [self.stack.site("generated") for _ in range(4)]
        site = self.ids["sit_"][-1]
        if len(self.ids["mon_"]) < 4:
            for _ in range(3):
                self.make("mon_", "/v1/monitors", {"site_id": site, "kind": "tcp", "name": "closed", "timeout_ms": 300, "interval_ms": 5000, "spec": {"host": "127.0.0.1", "port": 1}})
            if heartbeat := self.make("mon_", "/v1/monitors", {"site_id": site, "kind": "heartbeat", "name": "job", "spec": {"period_ms": 60000}}):
                self.ids["token"] = [heartbeat["heartbeat"]["ping_token"], *self.ids["token"][:3]]
        if len(self.ids["chn_"]) < 2:
            self.make("chn_", "/v1/channels", {"kind": "webhook", "name": "c", "enabled": False, "config": {"url": "http://127.0.0.1:1/"}})
        if len(self.ids["mnt_"]) < 2:
            self.make("mnt_", "/v1/maintenance", {"title": "w", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-01T01:00:00Z", "targets": {"sites": [site]}})
        if len(self.ids["grp_"]) < 2:
            self.make("grp_", "/v1/groups", {"site_id": site, "name": "g", "needed": 1, "members": self.ids["mon_"][-1:]})
        if len(self.ids["esc_"]) < 2:
            self.make("esc_", "/v1/escalations", {"name": "e", "steps": [{"after_ms": 0, "channels": self.ids["chn_"][-1:]}]})
        if len(self.ids["sch_"]) < 2:
            self.make("sch_", "/v1/schedules", {"name": "s"})
        if len(self.ids["rte_"]) < 2:
            self.make("rte_", "/v1/routes", {"name": "r", "channels": self.ids["chn_"][-1:], "continue": True})
        if len(self.ids["drl_"]) < 2 and (drilled := self.make("mon_", "/v1/monitors", {"site_id": site, "kind": "drill", "name": "drill", "spec": {}})):
            self.make("drl_", "/v1/drills", {"name": "d", "monitor_id": drilled["id"], "channel_id": self.ids["chn_"][-1], "schedule": "@yearly"})
        if len(self.ids["inc_"]) < 2:
            self.make("inc_", "/v1/incidents", {"site_id": site, "title": "by hand", "scope": random.choice(["outage", "warning"])})
        if len(self.ids["stp_"]) < 2:
            self.pages += 1
            self.make("stp_", "/v1/status-pages", {"slug": f"gen-{os.getpid()}-{self.pages}", "title": "p", "webhook_subscribers": True})
        if len(self.ids[NAME_OF_REGION]) < len(REGIONS) + 2:
            self.regions += 1
            self.make(NAME_OF_REGION, "/v1/regions", {"name": f"gen-{os.getpid()}-{self.regions}"})
        if len(self.ids["agt_"]) < 5 and (ticket := self.make("jtk_", f"/v1/regions/{REGIONS[0]}/join-tokens", {})):
            self.agents += 1
            joined = self.stack.call("POST", "/v1/agents/join", {"token": ticket["token"], "name": f"gen-{self.agents}", "public_key": bus_key()})
            self.ids["agt_"] += [joined.json()["agent"]["id"]] if joined.status_code == 201 else []

    def make(self, kind: str, path: str, body: dict) -> dict | None:
        """Nothing if it is refused: another request may have removed in between what it is to be of."""
        answer = self.stack.call("POST", path, body)
        if answer.status_code != 201:
            return None
        self.ids[kind].append(answer.json().get("id") or answer.json()["name"])
        return answer.json()

    def learn(self, request: Request, status: int, headers, value):
        """New identifiers, cursors and entity tags; and which are gone."""
        if "ETag" in headers:
            self.tags[request.path] = headers["ETag"]
        if request.operation.method == "delete" and status in (204, 404):
            for there in self.ids.values():
                there[:] = [one for one in there if one not in request.path.split("/")]
            if "{site_id}" in request.operation.path:  # and with it what was of it
                self.ids["mon_"].clear()
                self.ids["grp_"].clear()
        if not isinstance(value, dict):
            return
        for one in [value, *value.get("items", [])[:3]] if isinstance(value.get("items", []), list) else [value]:
            made = one.get("id") if isinstance(one, dict) and one.get("name") != "admin" else None  # who asks does not revoke himself
            if isinstance(made, str) and len(there := self.ids[made[:4]]) < 30 and made not in there:
                there.append(made)
        if isinstance(cursor := value.get("next_cursor"), str):
            self.ids["cursor"] = [cursor, *self.ids["cursor"][:4]]


class Run:
    def __init__(self, stack: Stack):
        self.api, self.session = stack.endpoints["api"], stack.session
        self.world = World(stack)
        self.answers = Answers(DOCUMENT)
        self.requests = Requests(DOCUMENT, self.answers, self.world.ids, self.world.tags)
        self.seen: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
        self.complaints: dict[str, str] = {}  # of each kind the first
        self.waited: collections.Counter = collections.Counter()  # seconds for the answers, by operation

    def one(self, operation: contract.Operation, number: int):
        self.world.replenish()
        request = self.requests.make(operation, f"{SEED}/{operation.name}/{number}", plain=number == 0)
        if operation.method != "get" and request.path.startswith(tuple(self.world.stays)):
            self.seen[operation.name]  # with luck of the dice all of them would have been of these
            return
        asked = time.monotonic()
        with self.session.request(operation.method.upper(), self.api + request.target, data=request.body, headers=request.headers, timeout=60, stream=True) as answer:
            endless = answer.headers.get("Content-Type", "").startswith("text/event-stream")
            body = b"" if endless else answer.content
        self.waited[operation.name] += time.monotonic() - asked
        self.seen[operation.name][answer.status_code] += 1
        unread = len(request.target) > LARGEST_HEAD and answer.status_code in (414, 431)  # the document says so of any request
        wrong = "" if unread else self.answers.complaint(operation, answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, body)
        # A bulk that is asked for item by item says of each what is wrong with it.
        refused_in_part = operation.path.split("/")[-1].startswith("bulk") and answer.status_code == 200 and answer.json().get("failed")
        if not wrong and request.broken and answer.status_code < 400 and answer.status_code != 304 and not refused_in_part:
            wrong = f"the document refuses what the server takes: {request.broken}"
        kind = f"{operation.name}: {wrong[:60]}"
        if wrong and kind not in self.complaints:
            self.complaints[kind] = f"{wrong}\n  {request}\n  {answer.status_code} {body[:500]!r}\n  number {number} of SONDE_GENERATED_SEED={SEED}"
            print(kind, self.complaints[kind], flush=True)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        self.world.learn(request, answer.status_code, answer.headers, answer.json() if is_json and body else None)

    def all(self):
        operations = contract.operations(DOCUMENT)
        begin = time.monotonic()
        end = begin + SECONDS

        def some(operation: contract.Operation, number: int):
            if number < LEAST or EACH or time.monotonic() < end:
                self.one(operation, number)

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            number = 0
            while (number < EACH if EACH else number < LEAST or time.monotonic() < end) and len(self.complaints) < 20:
                asked = [operation for operation in operations if operation.name not in SLOW or number % 10 == 0]
                list(pool.map(some, asked, [number] * len(asked)))
                number += 1
                if EACH and number % 50 == 0:
                    print(f"{time.monotonic() - begin:5.0f} s: {number} to each, {len(self.complaints)} complaints; waited longest for "
                          + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in self.waited.most_common(5)), flush=True)


@pytest.fixture(scope="module")
def run(stack):
    made = Run(stack)
    made.all()
    return made


def test_no_answer_is_one_that_the_document_has_not(run):
    assert not run.complaints, f"{len(run.complaints)} of them\n" + "\n".join(f"{name}: {told}" for name, told in run.complaints.items())


def test_no_answer_is_a_failure_of_the_server(run):
    assert [(name, dict(seen)) for name, seen in run.seen.items() if any(status >= 500 and status != 503 for status in seen)] == []


def test_every_operation_was_asked_and_most_were_answered_in_kind(run):
    """Else the requests would be no test of more than the refusals."""
    total = sum(sum(seen.values()) for seen in run.seen.values())
    print(f"{total} requests to {len(run.seen)} operations, seed {SEED}")
    assert set(run.seen) == {operation.name for operation in contract.operations(DOCUMENT)}
    refused = [name for name, seen in run.seen.items() if not any(status < 400 for status in seen)]
    assert len(refused) < len(run.seen) / 3, refused
    assert sum(count for seen in run.seen.values() for status, count in seen.items() if status < 400) > total / 5
    assert sum(count for seen in run.seen.values() for status, count in seen.items() if status == 422) > total / 50
