#!/usr/bin/env python3
"""Prints what happens to incidents, as it is published on NATS, with nothing but the standard library.

NATS_URL=nats://127.0.0.1:4222 NATS_CREDENTIALS=subscriber.creds events.py [SUBJECT]
"""
import json
import os
import pathlib
import socket
import sys
import time
import urllib.parse


def events(url: str, credentials: str, subject: str):
    """Each event from now on, as a document. Ends with an exception when the connection is lost."""
    server = urllib.parse.urlparse(url)
    with socket.create_connection((server.hostname, server.port), timeout=60) as bus, bus.makefile("rb") as lines:
        lines.readline()  # INFO
        token = pathlib.Path(credentials).read_text().splitlines()[1]  # of a subscriber, who need not sign
        hello = json.dumps({"verbose": False, "jwt": token})
        bus.sendall(f"CONNECT {hello}\r\nSUB {subject} 1\r\nPING\r\n".encode())
        while line := lines.readline():
            verb, *words = line.split()
            if verb == b"PING":  # the server asks every 20 s: a minute of silence is a dead connection
                bus.sendall(b"PONG\r\n")
            elif verb == b"PONG":
                print("listening", file=sys.stderr, flush=True)
            elif verb == b"MSG":
                yield json.loads(lines.read(int(words[-1]) + 2))
            elif verb == b"-ERR":
                raise ConnectionError(line.decode().strip())
    raise ConnectionError("the server has closed the connection")


def main():
    seen = set()  # an event may come more than once
    while True:
        try:
            for event in events(os.environ["NATS_URL"], os.environ["NATS_CREDENTIALS"], (sys.argv + ["sonde.v1.events.incident.>"])[1]):
                if event["id"] not in seen:
                    seen.add(event["id"])
                    print(event["at"], event["kind"], event["incident"]["title"], flush=True)
        except OSError as error:
            print(f"{error}; trying again", file=sys.stderr)
            time.sleep(2)


main()
