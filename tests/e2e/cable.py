"""An Ethernet cable between two network devices of ours, which can lose and delay what goes through it: `tc-netem` for any kernel that has TAP devices."""
import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import threading
import time

# linux/if_tun.h: a device of Ethernet frames, without a header of its own before each.
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
# No frame is longer: the devices' MTU is 1500 bytes.
LONGEST = 2048
# The type of a frame that asks who has an address (RFC 826), and where a frame has it.
ARP, TYPE = b"\x08\x06", slice(12, 14)


def device(name: str) -> int:
    """A TAP device of that name, in our network until it is moved to another; it is gone when the descriptor is closed. OSError where there are none."""
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    except OSError:
        os.close(end)
        raise
    return end


class Cable:
    """Carries frames both ways. Only what goes from the `far` end to the `near` one is lost or delayed, so that a way there and back has it once.
    Questions for an address always come through, at once, or the first packet of all would have the delay twice."""

    def __init__(self, near: str, far: str):
        self.near = device(near)
        try:
            self.far = device(far)
        except OSError:
            os.close(self.near)
            raise
        self.weather()
        self.chance = random.Random(1)
        self.stopped, self.stop = os.pipe()
        self.carrier = threading.Thread(target=self.carry, daemon=True)
        self.carrier.start()

    def weather(self, delay: float = 0.0, jitter: float = 0.0, loss: float = 0.0):
        """delay, jitter: seconds, the one give or take the other, so that frames overtake each other; loss: the part of the frames, 0 to 1."""
        self.delay, self.jitter, self.loss = delay, jitter, loss

    def carry(self):
        under_way, order = [], itertools.count()
        poll = select.poll()
        for end in (self.near, self.far, self.stopped):
            poll.register(end, select.POLLIN)
        while True:
            wait = max(0.0, under_way[0][0] - time.monotonic()) * 1000 if under_way else None
            ready = {end for end, _ in poll.poll(wait)}
            if self.stopped in ready:
                return
            if self.near in ready and (frame := self.read(self.near)):
                self.write(self.far, frame)
            if self.far in ready and (frame := self.read(self.far)):
                if frame[TYPE] == ARP:
                    self.write(self.near, frame)
                elif self.chance.random() >= self.loss:
                    heapq.heappush(under_way, (time.monotonic() + self.delay + self.chance.uniform(-self.jitter, self.jitter), next(order), frame))
            while under_way and under_way[0][0] <= time.monotonic():
                self.write(self.near, heapq.heappop(under_way)[2])

    @staticmethod
    def read(end: int) -> bytes:
        try:
            return os.read(end, LONGEST)
        except OSError:
            return b""

    @staticmethod
    def write(end: int, frame: bytes):
        try:
            os.write(end, frame)
        except OSError:
            pass  # The device is down, or full: a cable loses the frame then.

    def remove(self):
        os.write(self.stop, b".")
        self.carrier.join()
        for end in (self.near, self.far, self.stop, self.stopped):
            os.close(end)
