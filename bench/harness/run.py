"""One run: start, seed, warm up, measure, stop."""
import math
import os
import pathlib
import platform
import time

from harness import figures
from harness.sampler import Sampler
from harness.target import Target
from stack import REGIONS, Stack
from waiting import eventually

BULK = 2000
SETTLE_SECONDS = 20  # after the last slot: a check's timeout and the way of its result


class Run:
    def __init__(self, options):
        self.options = options
        self.regions = REGIONS[:options.regions]
        self.stack = Stack()
        self.target = Target()

    def __enter__(self):
        try:
            self.target.start()
            self.stack.start()
            self.configure()
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.options.keep:
            self.stack.stop()
            print(f"data and logs: {self.stack.data}")
        else:
            self.stack.remove()
        self.target.stop()

    def configure(self):
        """The files exist after the first start; keys may be written dotted, at their end."""
        if not self.options.set:
            return
        self.stack.stop()
        for setting in self.options.set:
            service, _, pair = setting.partition(":")
            key, _, value = pair.partition("=")
            for path in sorted((self.stack.data / "config").glob(f"{service}*.yaml")):
                path.write_text(path.read_text() + f"{key}: {value}\n")
        self.stack.start()

    def seed(self):
        options = self.options
        if options.target == "fail":
            self.stack.post("/v1/channels", {"kind": "webhook", "name": "bench", "config": {"url": self.target.receiver}, "digest": {"storm": {"more_than": 0}}})
        for first in range(0, options.monitors, BULK):
            items = [{"name": f"site {n}", "monitors": [{
                "kind": "http", "name": "check", "interval_ms": options.interval * 1000, "timeout_ms": min(10_000, options.interval * 1000 - 1000),
                "regions": self.regions, "spec": {"url": self.target.url(n)}}]} for n in range(first, min(first + BULK, options.monitors))]
            answer = self.stack.call("POST", "/v1/sites/bulk", {"items": items}, timeout=60)
            assert answer.status_code in (200, 201), answer.text

    def warm_up(self):
        """Until every monitor is up in the engine's eyes."""
        eventually(lambda: self.stack.query("select count(*) from monitor_state where state = 'up'")[0][0] == self.options.monitors,
                   3 * self.options.interval + 60, "every monitor has run")

    def measure(self) -> dict:
        began = time.monotonic()
        self.seed()
        seeded = time.monotonic() - began
        self.warm_up()
        processes = {name: p["pid"] for name, p in self.stack.endpoints["processes"].items()}
        processes["up"] = int((self.stack.data / "up.pid").read_text().split()[0])
        begin = math.ceil(time.time() / 60) * 60
        minutes = math.ceil(self.options.duration / 60)
        end = begin + 60 * minutes
        time.sleep(max(0.0, begin - time.time()))
        sampler = Sampler(processes, {"postgres"})
        if self.options.target == "fail":
            self.target.break_now()
        sampler.start()
        time.sleep(max(0.0, end - time.time()))
        sampler.stop()
        self.settle(begin, end)
        report = {
            "monitors": self.options.monitors, "interval_s": self.options.interval, "duration_s": 60 * minutes, "regions": self.options.regions,
            "target": self.options.target, "settings": self.options.set, "seed_s": round(seeded, 2),
        }
        report |= figures.of_checks(self.stack, begin, end)
        report |= figures.of_incidents(self.stack, begin)
        report |= figures.of_cost(sampler, report["completed"])
        report |= figures.of_disk(self.stack)
        report["errors"] = figures.of_logs({name: pathlib.Path(log) for name, log in self.stack.endpoints["logs"].items()})
        report["machine"] = {"cores": os.cpu_count(), "kernel": platform.release(), "processor": figures.processor()}
        return report

    def settle(self, begin: int, end: int):
        """Waits for what was due before the end, as long as it may take; what is not there by then is missed."""
        try:
            eventually(lambda: figures.complete(self.stack, begin, end) and self.stack.settled(), SETTLE_SECONDS, "all results are in")
        except AssertionError:
            pass
