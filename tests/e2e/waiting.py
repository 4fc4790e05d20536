"""Conditions with deadlines, instead of sleeps."""
import os
import time

import requests

# How much slower than usual things may be, under a sanitizer.
PATIENCE = float(os.environ.get("SONDE_TEST_PATIENCE", "1"))


def eventually(condition, seconds: float, what: str):
    """The first true value of `condition()`. A service that is just being restarted is one that does not answer yet."""
    deadline = time.monotonic() + seconds * PATIENCE
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except (requests.ConnectionError, requests.Timeout, Unavailable) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {seconds * PATIENCE:g} s: {what}; last seen: {last!r}")
        time.sleep(0.03)


class Unavailable(Exception):
    """The API answered that it cannot answer now."""
