"""Conditions that cost something to look at, looked at seldom."""
import time


def holds(condition, seconds: float, every: float = 1.0) -> bool:
    """Whether it came true within so long."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
