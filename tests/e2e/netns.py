"""A network of its own for one process, joined to ours by a cable that can be cut, and that loses or delays what it is told to."""
import os
import random
import subprocess
import uuid

import pytest

from cable import Cable


def ip(*arguments, check: bool = True) -> subprocess.CompletedProcess:
    return subprocess.run(["ip", *map(str, arguments)], capture_output=True, text=True, check=check)


class Network:
    """Two addresses of ours that the other side reaches by the cable, `bus` and `targets`, so that each can be cut off alone."""

    def __init__(self):
        if os.geteuid() != 0:
            pytest.skip("only root can make network namespaces")
        tag = uuid.uuid4().hex[:6]
        # Several tests have such a network at once.
        start = f"10.{random.randrange(128, 256)}.{random.randrange(1, 255)}"
        self.bus, self.targets, self.theirs, self.block = f"{start}.1", f"{start}.2", f"{start}.9", f"{start}.0/24"
        self.name, self.ours, self.peer = f"sonde-{tag}", f"so{tag}", f"sp{tag}"
        if (made := ip("netns", "add", self.name, check=False)).returncode != 0:
            pytest.skip(f"this machine makes no network namespaces: {made.stderr.strip()}")
        try:
            self.cable = Cable(self.ours, self.peer)
        except OSError as error:
            ip("netns", "del", self.name, check=False)
            pytest.skip(f"this machine has no TAP devices: {error}")
        try:
            ip("link", "set", self.peer, "netns", self.name)
            ip("addr", "add", f"{self.bus}/24", "dev", self.ours)
            ip("addr", "add", f"{self.targets}/24", "dev", self.ours)
            ip("link", "set", self.ours, "up")
            ip("-n", self.name, "addr", "add", f"{self.theirs}/24", "dev", self.peer)
            ip("-n", self.name, "link", "set", self.peer, "up")
            ip("-n", self.name, "link", "set", "lo", "up")
        except subprocess.CalledProcessError as error:
            self.remove()
            pytest.skip(f"this machine joins no network namespaces: {error.stderr.strip()}")

    def inside(self, *command) -> list[str]:
        return ["ip", "netns", "exec", self.name, *map(str, command)]

    def cut(self, address: str):
        """Whatever is sent there from inside goes to a machine that does not exist, and no answer comes: as if all packets were lost."""
        ip("-n", self.name, "neigh", "replace", address, "lladdr", "02:00:00:00:00:99", "nud", "permanent", "dev", self.peer)

    def join(self, address: str):
        ip("-n", self.name, "neigh", "del", address, "dev", self.peer)

    def weather(self, delay: float = 0.0, jitter: float = 0.0, loss: float = 0.0):
        """What is sent from inside is late by `delay` seconds, give or take `jitter`, and the part `loss` of it never comes."""
        self.cable.weather(delay, jitter, loss)

    def remove(self):
        self.cable.remove()
        ip("netns", "del", self.name, check=False)
