"""A ping that was answered is kept, whoever dies: at the moment of the answer, or while others are under way."""
import itertools
import threading

import psycopg2
import pytest
import requests

from waiting import Unavailable, eventually

AT_ONCE = 8


def heartbeat(stack, name: str) -> str:
    """The address of a new heartbeat's pings, once the control plane knows it."""
    site = stack.site(name)
    made = stack.post("/v1/monitors", {"site_id": site, "kind": "heartbeat", "name": name, "spec": {"period_ms": 3_600_000}})
    path = made["heartbeat"]["ping_url"]
    eventually(lambda: stack.call("GET", path + "/log").status_code == 200, 30, "the control plane knows the token")
    return path


def stored(stack) -> set[str]:
    try:
        return {row[0] for row in stack.query("select detail -> 'heartbeat' ->> 'run' from result where region_id = 0")}
    except psycopg2.OperationalError as error:
        raise Unavailable(str(error)) from None


class Pinging:
    """Several at a time, each with a name of its own, for as long as it is entered; remembers which were answered."""

    def __init__(self, stack, path: str, prefix: str):
        self.stack = stack
        self.path = path
        self.names = (f"{prefix}-{n}" for n in itertools.count())
        self.lock = threading.Lock()
        self.more = threading.Condition(self.lock)
        self.answered: set[str] = set()
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.loop) for _ in range(AT_ONCE)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def loop(self):
        session = requests.Session()
        while not self.ending.is_set():
            with self.lock:
                name = next(self.names)
            try:
                answer = session.get(f"{self.stack.endpoints['api']}{self.path}/log?rid={name}", timeout=10)
            except (requests.RequestException, OSError, ValueError, KeyError):
                self.ending.wait(0.05)
                continue
            if answer.status_code != 200:
                self.ending.wait(0.05)
                continue
            with self.lock:
                self.answered.add(name)
                self.more.notify_all()

    def wait_for(self, more: int):
        """Returns at the moment at which so many more are answered."""
        with self.lock:
            target = len(self.answered) + more
            assert self.more.wait_for(lambda: len(self.answered) >= target, 60), f"{len(self.answered)} of {target} pings were answered"


@pytest.mark.parametrize("name", ["controlplane", "engine", "nats", "postgres"])
def test_no_ping_that_was_answered_is_lost_when_a_process_dies(stack, name):
    path = heartbeat(stack, f"{name} killed")
    with Pinging(stack, path, name) as pinging:
        for _ in range(3):
            pinging.wait_for(200)
            eventually(lambda: stack.pid(name), 60, f"{name} runs")
            stack.back(name, stack.kill(name), 60)
        pinging.wait_for(200)
    eventually(lambda: not (pinging.answered - stored(stack)), 60, "every ping that was answered is stored")


def test_the_control_plane_may_die_with_its_answer_still_on_the_wire(stack):
    path = heartbeat(stack, "last words")
    answered = set()
    for n in range(5):
        name = f"last-{n}"
        eventually(lambda: stack.call("GET", f"{path}/log?rid={name}").status_code == 200, 60, "a ping is answered")
        old = stack.kill("controlplane")
        answered.add(name)
        stack.back("controlplane", old)
    eventually(lambda: not (answered - stored(stack)), 60, "every ping that was answered is stored")
