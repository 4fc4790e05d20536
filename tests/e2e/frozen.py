"""A process and its children stopped in the middle of whatever they do."""
import os
import pathlib
import signal

from stack import Stack


def tree(pid: int) -> list[int]:
    """A process and its children: the database is several."""
    return [pid, *map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


class Frozen:
    """For so many seconds, unless left before."""

    def __init__(self, stack: Stack, name: str):
        self.pids = tree(stack.pid(name))

    def __enter__(self):
        for pid in self.pids:
            stop(pid, signal.SIGSTOP)

    def __exit__(self, *_):
        for pid in self.pids:
            stop(pid, signal.SIGCONT)


def stop(pid: int, number: int):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # a backend that has ended meanwhile
