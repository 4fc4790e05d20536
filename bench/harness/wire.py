"""Messages and bytes on the bus, from nats-server's own account of them."""
import pathlib
import shutil

import requests

from peers import free_port


class Wire:
    """Has `sonde up` start the server by a script that adds a monitoring port, and nothing else; a port that nobody asks costs nothing."""

    def __init__(self, directory: pathlib.Path, server: str | None):
        self.port = free_port()
        server = server or shutil.which("nats-server", path="/usr/sbin:/usr/bin:/usr/local/bin")
        assert server, "nats-server is not installed"
        self.script = directory / "nats-server"
        self.script.write_text(f'#!/bin/sh\nexec {server} "$@" -m {self.port}\n')
        self.script.chmod(0o755)
        self.before: dict = {}
        self.after: dict = {}

    def look(self) -> dict:
        found = requests.get(f"http://127.0.0.1:{self.port}/varz", timeout=10).json()
        accounts = requests.get(f"http://127.0.0.1:{self.port}/jsz?accounts=true&streams=true", timeout=10).json().get("account_details") or []
        streams = {s["name"]: s["state"]["last_seq"] for account in accounts for s in account.get("stream_detail") or []}
        return {"version": found["version"], "streams": streams} | {name: found[name] for name in ("in_msgs", "out_msgs", "in_bytes", "out_bytes")}

    def begin(self):
        self.before = self.look()

    def end(self):
        self.after = self.look()

    def report(self, completed: int) -> dict:
        """In is what clients sent to the server. A stream's messages are those that it has taken."""
        grown = {name: self.after[key] - self.before[key] for name, key in
                 (("messages_in", "in_msgs"), ("messages_out", "out_msgs"), ("bytes_in", "in_bytes"), ("bytes_out", "out_bytes"))}
        messages, size = grown["messages_in"] + grown["messages_out"], grown["bytes_in"] + grown["bytes_out"]
        streams = {name: last - self.before["streams"].get(name, 0) for name, last in sorted(self.after["streams"].items())}
        return grown | {"messages_per_check": round(messages / completed, 3) if completed else None, "bytes_per_check": round(size / completed, 1) if completed else None,
                        "streams": streams}
