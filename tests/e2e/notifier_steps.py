"""The notifier is killed in each of its steps, just as it writes that step down: everybody is told of everything once all the same."""
import collections
import subprocess

import psycopg2
import pytest

from peers import Receiver
from stack import BUILD, Stack
from waiting import eventually

EVENTS = ["incident.opened", "incident.resolved"]
LOCK = 4711
INCIDENTS = 3

# What it does, the table in which it does it, and which of its rows.
STEPS = [
    ("plans a delivery", "delivery", "insert", "new.event_kind = 'incident.opened' and new.digest_id is null"),
    ("plans what a digest is to tell", "delivery", "insert", "new.event_kind = 'incident.opened' and new.digest_id is not null"),
    ("begins a course", "incident_course", "insert", "new.state = 'running'"),
    ("begins a digest", "digest", "insert", "true"),
    ("counts a storm", "channel_flood", "insert or update", "new.storm"),
    ("has planned", "event_planned", "insert", "true"),
    ("tells a digest", "outbox", "insert", "new.kind = 'channel.digest'"),
    ("plans the delivery of a digest", "delivery", "insert", "new.event_kind = 'channel.digest'"),
    ("says what was told by a digest", "delivery", "update", "new.told_by is not null and old.told_by is null"),
    ("keeps when a digest was told", "digest", "update", "new.told_at is not null"),
    ("asks for a step", "incident_command", "insert", "new.action = 'escalate'"),
    ("has asked for a step", "incident_course", "update", "new.state = 'asked'"),
    ("takes a lease", "delivery", "update", "new.state = 'sending' and old.state = 'planned'"),
    ("begins an attempt", "delivery_attempt", "insert", "true"),
    ("ends an attempt", "delivery_attempt", "update", "new.finished_at is not null"),
    ("has told", "delivery", "update", "new.state = 'sent'"),
]


class Barrier:
    """Whoever writes such a row waits for us to let go."""

    def __init__(self, stack: Stack, table: str, event: str, condition: str):
        self.table = table
        self.connection = psycopg2.connect(stack.endpoints["postgres_dsn"])
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.cursor.execute(f"select pg_advisory_lock({LOCK})")
        self.cursor.execute(f"create function barrier() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock({LOCK}); return new; end $$")
        self.cursor.execute(f"create trigger barrier before {event} on {table} for each row when ({condition}) execute function barrier()")

    def reached(self) -> bool:
        self.cursor.execute("select exists (select from pg_locks where locktype = 'advisory' and objid = %s and not granted)", [LOCK])
        return self.cursor.fetchone()[0]

    def remove(self):
        self.cursor.execute(f"select pg_advisory_unlock({LOCK})")
        self.cursor.execute(f"drop trigger barrier on {self.table}")
        self.cursor.execute("drop function barrier()")
        self.connection.close()


@pytest.fixture
def crowd():
    made = Receiver().start()
    yield made
    made.stop()


class Notifiers:
    """The one that `sonde up` runs, and another beside it, which is there again at once: the first comes back the later the more often it was killed."""

    def __init__(self, stack: Stack):
        self.stack = stack
        self.config = stack.data / "config/notifier.yaml"
        with self.config.open("a") as file:
            file.write("\ndelivery:\n  timeout: 1s\n  lease: 2s\n")  # what a dead one was sending is not waited for as long as usual
        stack.back("notifier", stack.kill("notifier"))
        self.environment = stack.environment_of("notifier")
        self.start()

    def start(self):
        with (self.stack.data / "log/notifier-2.log").open("ab") as log:
            self.process = subprocess.Popen([BUILD / "notifier/sonde-notifier", "--config", self.config], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self):
        """All there are."""
        if self.stack.pid("notifier"):
            self.stack.kill("notifier")
        self.process.kill()
        self.process.wait(30)


@pytest.fixture(scope="module")
def notifiers(stack: Stack):
    made = Notifiers(stack)
    yield made
    made.process.kill()
    made.process.wait(30)


def hurry(stack: Stack):
    """Digests wait for more; who tests need not."""
    stack.query("update digest set due_at = now() where id in (select id from digest where due_at > now() for update skip locked) returning 1")


@pytest.mark.parametrize("table, event, condition", [step[1:] for step in STEPS], ids=[step[0] for step in STEPS])
def test_it_is_killed_as_it(stack, notifiers, receiver, crowd, table, event, condition):
    alone = stack.channel(receiver, events=EVENTS, digest={"storm": {"more_than": 0}})
    together = stack.channel(crowd, events=EVENTS, digest={"storm": {"more_than": 1, "within_ms": 600_000}})
    sites = [stack.site(f"{number}") for number in range(INCIDENTS)]
    escalation = stack.post("/v1/escalations", {"name": "at once", "steps": [{"after_ms": 0, "channels": [alone]}]})
    route = stack.post("/v1/routes", {"name": "all", "channels": [alone], "match": {"sites": sites}, "continue": True, "escalation_id": escalation["id"]})
    stack.made += [f"/v1/escalations/{escalation['id']}", f"/v1/routes/{route['id']}"]

    barrier = Barrier(stack, table, event, condition)
    try:
        incidents = [stack.post("/v1/incidents", {"site_id": site, "title": f"{number} is closed"})["id"] for number, site in enumerate(sites)]
        eventually(lambda: barrier.reached() or hurry(stack), 30, "it is at this step")
        notifiers.kill()
    finally:
        barrier.remove()
    notifiers.start()

    def of_digest() -> dict:
        hurry(stack)
        calls = crowd.of("channel.digest")
        return calls[-1]["event"]["digest"] if calls else {"counts": {}, "incidents": []}

    def told(kind: str, calls: Receiver) -> set[str]:
        return {call["event"]["incident"]["id"] for call in calls.of(kind)}
    # An end that overtakes its beginning would supersede it, which is another story.
    eventually(lambda: told("incident.opened", receiver) == set(incidents) and told("incident.escalated", receiver) == set(incidents), 30, "all were told one by one, and to the first step")
    eventually(lambda: len(told("incident.opened", crowd)) == 1 and of_digest()["counts"].get("open") == INCIDENTS - 1, 30, "one was told alone, the others together")
    for incident in incidents:
        stack.post(f"/v1/incidents/{incident}/resolve", {}, status=200)
    eventually(lambda: told("incident.resolved", receiver) == set(incidents), 30, "that they are over, too")
    eventually(lambda: of_digest()["counts"].get("resolved") == INCIDENTS - 1 and told("incident.resolved", crowd) == told("incident.opened", crowd), 30, "of each as it was told")
    eventually(stack.settled, 30, "nothing is left to be told")

    assert receiver.forged == [] and crowd.forged == []
    assert told("incident.opened", crowd) | {one["id"] for one in of_digest()["incidents"]} == set(incidents)
    for channel, calls in ((alone, receiver), (together, crowd)):
        ledger = stack.get(f"/v1/channels/{channel}/deliveries?limit=100")["items"]
        assert len({one["event_id"] for one in ledger}) == len(ledger), "an event was planned twice"
        times = collections.Counter(call["id"] for call in calls.calls)
        assert {one["event_id"] for one in ledger if one["state"] == "sent"} <= set(times), "said to be told and was not"
        assert times <= collections.Counter({one["event_id"]: len(one["attempts"]) for one in ledger}), "sent without its attempt on record"
        assert [one for one in ledger if one["state"] not in ("sent", "not_sent", "superseded") or (one["reason"] == "grouped") != bool(one.get("told_by_event_id"))] == []
    accepted_twice = stack.query("select delivery_id from delivery_attempt where http_status between 200 and 299 group by delivery_id having count(*) > 1")
    assert accepted_twice == [], "what was known to be accepted was sent again"
