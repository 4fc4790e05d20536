"""Messages and bytes on the bus, from nats-server's own account of them."""
import shutil

import requests

from peers import free_port


PATIENCE_S = 10


class Wire:
    """Has `sonde up` start the server by a script that adds a monitoring port, and nothing else; a port that nobody asks costs nothing."""

    def __init__(self, stack, server: str | None):
        self.stack = stack
        self.port = free_port()
        server = server or shutil.which("nats-server", path="/usr/sbin:/usr/bin:/usr/local/bin")
        assert server, "nats-server is not installed"
        self.script = stack.root / "nats-server"
        self.script.write_text(f'#!/bin/sh\nexec {server} "$@" -m {self.port}\n')
        self.script.chmod(0o755)
        self.before: dict = {}
        self.after: dict = {}

    def ask(self, what: str) -> dict:
        return requests.get(f"http://127.0.0.1:{self.port}/{what}", timeout=PATIENCE_S).json()

    def streams(self) -> dict[str, int]:
        """How many messages each has taken. Asked over the bus: the server's own page tells of no streams at all in some of its lives."""
        bus = self.stack.bus()
        try:
            return {stream["config"]["name"]: stream["state"]["last_seq"] for stream in bus.jetstream("STREAM.LIST")["streams"]}
        finally:
            bus.socket.close()

    def look(self) -> dict:
        streams = self.streams()
        found = self.ask("varz")
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
