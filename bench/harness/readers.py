"""Readers of status pages: wrk, which asks for one address over some connections."""
import re
import subprocess
import tempfile

import requests

from harness.waits import holds

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def command(url: str, seconds: int, connections: int, headers: tuple[str, ...] = (), script: str | None = None) -> list[str]:
    options = [part for header in headers for part in ("-H", header)] + (["-s", script] if script else [])
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *options, url]


def told(output: str, seconds: int) -> dict:
    """What wrk prints: views, views a second, times in milliseconds, and how many failed."""
    views = int(re.search(r"(\d+) requests in", output)[1])
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    percentile = {part: float(value) * UNITS[unit] for part, value, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", output)}
    return {"views": views, "views_per_s": round(views / seconds, 1), "p50_ms": percentile["50"], "p99_ms": percentile["99"],
            "failed": (int(wrong[1]) if wrong else 0) + (sum(map(int, broken.groups())) if broken else 0)}


def settings() -> list[str]:
    """What a stack needs whose readers all have one address."""
    return ["controlplane:limits.views=0"]


def make_page(stack) -> str:
    """Of the first twenty monitors; answers where it is, once it is there."""
    monitors = stack.get("/v1/monitors?limit=20&fields=id")["items"]
    components = [{"id": f"c{n}", "name": f"Component {n}", "monitors": [monitor["id"]]} for n, monitor in enumerate(monitors)]
    stack.post("/v1/status-pages", {"slug": "bench", "title": "Bench", "groups": [{"name": "All", "components": components}]})
    url = stack.endpoints["api"] + "/status/bench/"
    if not holds(lambda: requests.get(url, timeout=10).ok, 60):
        raise AssertionError("the page does not come")
    return url


# Each view has its instant, 1/rate after the one before; whoever has an answer waits for the next that nobody has taken.
PACE = """
local ffi = require("ffi")
ffi.cdef("typedef struct {{ long seconds, nanoseconds; }} instant; int clock_gettime(int, instant *);")
local now, due = ffi.new("instant"), nil
function delay()
    ffi.C.clock_gettime(1, now)
    local ms = tonumber(now.seconds) * 1000 + tonumber(now.nanoseconds) / 1000000
    due = math.max((due or ms) + 1000 / {rate}, ms - 100)
    return math.max(0, math.floor(due - ms + 0.5))
end
"""


class Readers:
    """From now on, `rate` views a second, or as many as come of it."""

    def __init__(self, url: str, rate: int, seconds: int):
        self.seconds = seconds
        connections = max(1, rate // 50)
        self.script = tempfile.NamedTemporaryFile("w", suffix=".lua")
        self.script.write(PACE.format(rate=rate))
        self.script.flush()
        self.process = subprocess.Popen(command(url, seconds, connections, ("Accept-Encoding: gzip",), self.script.name), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ended(self) -> dict:
        output, _ = self.process.communicate(timeout=60)
        self.script.close()
        return told(output, self.seconds)
