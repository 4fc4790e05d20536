"""Addresses that never answer: listeners whose queue is full, so that the kernel drops every SYN. Needs no rights, and goes with its process."""
import errno
import socket

from peers import free_port
from waiting import eventually

ADDRESSES = [f"127.0.2.{n}" for n in range(1, 251)]


class Blackhole:
    def __init__(self, addresses: int = len(ADDRESSES)):
        self.port = free_port()
        self.addresses = ADDRESSES[:addresses]
        self.held: list[socket.socket] = []

    def url(self, number: int) -> str:
        return f"http://{self.addresses[number % len(self.addresses)]}:{self.port}/{number}"

    def start(self):
        for address in self.addresses:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, self.port))
            listener.listen(0)
            self.held.append(listener)
            # One fits in although the backlog is none.
            filler = socket.create_connection((address, self.port), timeout=5)
            self.held.append(filler)
        eventually(self.swallows, 10, "no address takes connections any more")

    def swallows(self) -> bool:
        """Whether a connection to the first and the last address stays under way; the attempts are held as well."""
        for address in (self.addresses[0], self.addresses[-1]):
            attempt = socket.socket()
            attempt.settimeout(0.2)
            self.held.append(attempt)
            try:
                attempt.connect((address, self.port))
                return False
            except TimeoutError:
                pass
            except OSError as error:
                if error.errno not in (errno.EINPROGRESS, errno.EAGAIN):
                    raise
        return True

    def stop(self):
        for one in self.held:
            one.close()
        self.held.clear()
