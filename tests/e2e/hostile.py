"""Clients that mean harm or do not know better: slow ones, enormous ones, deep ones, and floods. Others are served meanwhile, and the memory stays what it is."""
import os
import pathlib
import socket
from contextlib import contextmanager

import pytest
import requests

from waiting import PATIENCE, eventually

MIB = 1 << 20
PATIENT = 20 * PATIENCE
JSON = "Content-Type: application/json\r\n"


def resident(stack) -> int:
    """What the control plane has in memory, in bytes."""
    status = pathlib.Path(f"/proc/{stack.pid('controlplane')}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def gauge(stack, name: str) -> float:
    return next(float(line.split()[-1]) for line in stack.metrics("controlplane").splitlines() if line.startswith(name + " "))


@contextmanager
def clients(stack, count: int):
    """Connections of their own; all are closed in the end."""
    host, port = stack.endpoints["api"].removeprefix("http://").split(":")
    made = []
    try:
        for _ in range(count):
            made.append(socket.create_connection((host, int(port)), timeout=PATIENT))
        yield made
    finally:
        for one in made:
            one.close()


def send(client: socket.socket, data: bytes) -> bool:
    """False if the other end has closed, or takes no more."""
    try:
        client.sendall(data)
        return True
    except OSError:
        return False


def answer(client: socket.socket) -> bytes:
    got = b""
    try:
        while b"\r\n\r\n" not in got and (part := client.recv(65536)):
            got += part
    except OSError:
        pass
    return got


def status(client: socket.socket) -> int:
    head = answer(client).split(b" ", 2)
    return int(head[1]) if len(head) > 1 else 0


def served(stack):
    """An ordinary request, with a body, while others do their worst."""
    assert stack.call("GET", "/v1/sites?limit=5", timeout=PATIENT).status_code == 200
    assert stack.call("PATCH", f"/v1/sites/{stack.first}", {"owner_note": os.urandom(4).hex()}, timeout=PATIENT).status_code == 200


def check_growth(stack, before: int, most: int):
    """A sanitizer keeps what is freed for a while, and says nothing of memory."""
    grown = resident(stack) - before
    assert grown < most or PATIENCE > 1, f"{grown / MIB:.0f} MiB more than before"


@pytest.fixture(autouse=True)
def warm(stack):
    """What any process takes when it is first used is not held against the clients."""
    stack.first = stack.site("Ordinary")
    for _ in range(20):
        served(stack)
    stack.call("GET", "/docs")


def test_clients_that_send_a_byte_now_and_then_take_no_worker_and_little_memory(stack):
    before = resident(stack)
    with clients(stack, 200) as slow:
        for i, client in enumerate(slow):
            assert send(client, b"POST /v1/sites HTTP/1.1\r\nHost: x\r\n" + (f"{JSON}Content-Length: 1000000\r\n\r\n".encode() if i % 2 else b"X-Slow: "))
        for _ in range(20):
            for client in slow:
                send(client, b"x")
            served(stack)
        assert gauge(stack, "sonde_http_connections") >= 200
        check_growth(stack, before, 96 * MIB)
    eventually(lambda: gauge(stack, "sonde_http_connections") < 20, 10, "their connections are closed")


def test_large_bodies_share_a_bounded_memory_and_usual_requests_find_room_beside_them(stack):
    before = resident(stack)
    part = b" " * MIB
    with clients(stack, 12) as large:
        for client in large:  # without a token: nobody knows yet that they may not do this
            send(client, f"POST /v1/sites/bulk HTTP/1.1\r\nHost: x\r\n{JSON}Content-Length: {60 * MIB}\r\n\r\n".encode())
        for _ in range(50):
            for client in large:
                send(client, part)
        assert 200 * MIB < gauge(stack, "sonde_http_body_bytes") <= 256 * MIB
        check_growth(stack, before, 400 * MIB)
        served(stack)
        for client in large:
            send(client, part * 10)
        statuses = [status(client) for client in large]
        assert statuses.count(503) >= 6 and set(statuses) <= {503, 401}, statuses
    eventually(lambda: gauge(stack, "sonde_http_body_bytes") == 0, 10, "what they sent is not kept any more")
    assert gauge(stack, "sonde_http_bodies_refused_total") >= 6
    eventually(lambda: resident(stack) - before < 128 * MIB or PATIENCE > 1, 10, "the memory is given back")


@pytest.mark.parametrize("name,body", [
    ("arrays", b"[" * MIB),
    ("objects", b'{"a":' * (MIB // 5)),
    ("closed arrays", b"[" * (MIB // 2) + b"]" * (MIB // 2)),
    ("deep in a field", b'{"name":"x","tags":' + b"[" * (MIB // 2)),
    ("many fields", b"{" + b",".join(b'"f%d":0' % i for i in range(90000)) + b"}"),
    ("many items", b'{"name":"x","tags":[' + b",".join([b'"t"'] * 250000) + b"]}"),
    ("one long string", b'{"name":"' + b"\\u0041" * (MIB // 7) + b'"}'),
    ("one long number", b'{"name":' + b"9" * (MIB - 20) + b"}"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_documents_made_to_be_hard_to_read_are_refused_soon(stack, name, body):
    before = resident(stack)
    for _ in range(5):
        refused = stack.session.post(stack.endpoints["api"] + "/v1/sites", data=body, headers={"Content-Type": "application/json"}, timeout=PATIENT)
        assert refused.status_code in (400, 422), refused.text[:300]
        assert refused.headers["Content-Type"] == "application/problem+json" and len(refused.content) < 64 * 1024
    check_growth(stack, before, 256 * MIB)  # what each worker keeps of the largest it has read
    served(stack)


def test_a_bulk_of_nothing_but_brackets_is_refused_soon(stack):
    refused = stack.session.post(stack.endpoints["api"] + "/v1/sites/bulk", data=b"[" * (60 * MIB), headers={"Content-Type": "application/json"}, timeout=3 * PATIENT)
    assert refused.status_code == 400
    eventually(lambda: gauge(stack, "sonde_http_body_bytes") == 0, 10, "it is not kept")


def test_floods_of_headers_and_parameters_are_refused(stack):
    before = resident(stack)
    with clients(stack, 50) as flood:
        for client in flood:
            send(client, b"GET /v1/sites HTTP/1.1\r\nHost: x\r\n")
        for number in range(40):
            for client in flood:
                send(client, b"".join(b"X-%d-%d: %s\r\n" % (number, i, b"y" * 100) for i in range(20)))
        assert all(status(client) in (431, 400, 413, 0) for client in flood)
        check_growth(stack, before, 96 * MIB)
    many = "&".join(f"p{i}=1" for i in range(1000))
    refused = stack.call("GET", f"/v1/sites?{many}")
    assert refused.status_code == 422 and len(refused.json()["errors"]) <= 100
    served(stack)


def test_clients_that_do_not_take_what_they_asked_for_share_one_copy_of_it(stack):
    before = resident(stack)
    with clients(stack, 200) as greedy:
        for client in greedy:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            send(client, b"GET /docs HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        served(stack)
        check_growth(stack, before, 96 * MIB)
    eventually(lambda: gauge(stack, "sonde_http_connections") < 20, 10, "their connections are closed")


def test_requests_cut_at_any_place_leave_nothing_behind(stack):
    whole = f"POST /v1/sites HTTP/1.1\r\nHost: x\r\n{JSON}Content-Length: 14\r\n\r\n".encode() + b'{"name": "cut"}'
    for cut in range(0, len(whole), 3):
        with clients(stack, 1) as (client,):
            send(client, whole[:cut])
    eventually(lambda: gauge(stack, "sonde_http_connections") < 20, 10, "their connections are closed")
    served(stack)
    assert requests.get(stack.endpoints["api"] + "/readyz", timeout=5).status_code == 200
