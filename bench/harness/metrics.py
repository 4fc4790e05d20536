"""What the services' own metrics say of their database: waits for a connection, connections, and times of statements."""
import re
import threading
import time

import requests

SERVICES = ("controlplane", "engine", "notifier")  # those with a database
EVERY = 5  # seconds between two looks at connections
LINE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def read(text: str) -> dict[tuple[str, tuple], float]:
    """Text exposition as (name, labels in their order by name) -> value."""
    found = {}
    for line in text.splitlines():
        if matched := LINE.match(line):
            labels = tuple(sorted(LABEL.findall(matched[2] or "")))
            found[matched[1], labels] = float(matched[3])
    return found


class Histogram:
    """What was observed between two expositions. Of a percentile it knows the bucket alone, and tells its upper bound; none beyond the last."""

    def __init__(self, before: dict, after: dict, name: str, labels: tuple):
        def grown(key):
            return after[key] - before.get(key, 0.0)
        self.count = int(grown((name + "_count", labels)))
        self.sum = grown((name + "_sum", labels))
        bounds = [(float(dict(l)["le"]), (n, l)) for n, l in after if n == name + "_bucket" and tuple(x for x in l if x[0] != "le") == labels]
        self.buckets = [(bound, grown(key)) for bound, key in sorted(bounds)]

    def at_most_ms(self, share: float) -> float | None:
        bound = next((bound for bound, upto in self.buckets if upto >= share * self.count), float("inf"))
        return None if bound == float("inf") else round(1000 * bound, 3)

    def ms(self) -> dict:
        if not self.count:
            return {"count": 0, "avg_ms": None, "p50_at_most_ms": None, "p99_at_most_ms": None}
        return {"count": self.count, "avg_ms": round(1000 * self.sum / self.count, 3), "p50_at_most_ms": self.at_most_ms(0.5), "p99_at_most_ms": self.at_most_ms(0.99)}


class Metrics:
    """`begin` and `end` bracket the measurement; in between, connections are looked at on a thread."""

    def __init__(self, stack):
        endpoints = stack.endpoints["processes"]
        self.urls = {name: f"http://127.0.0.1:{endpoints[name]['port']}/metrics" for name in SERVICES}
        self.before: dict[str, dict] = {}
        self.after: dict[str, dict] = {}
        self.looks: list[dict[str, dict]] = []
        self.began = self.seconds = 0.0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def look(self) -> dict[str, dict]:
        """A service that is not where it was has nothing to say; that it was started again is told elsewhere."""
        found = {}
        for name, url in self.urls.items():
            try:
                found[name] = read(requests.get(url, timeout=10).text)
            except requests.RequestException:
                found[name] = {}
        return found

    def begin(self):
        self.before, self.began = self.look(), time.monotonic()
        self.thread.start()

    def watch(self):
        while not self.ended.wait(EVERY):
            self.looks.append(self.look())

    def end(self):
        self.ended.set()
        self.thread.join()
        self.after, self.seconds = self.look(), time.monotonic() - self.began
        self.looks.append(self.after)

    def of(self, name: str) -> list[tuple[str, tuple, Histogram]]:
        """Of each service and each set of labels that the histogram has there."""
        return [(service, labels, Histogram(self.before[service], after, name, labels))
                for service, after in self.after.items() for (family, labels) in after if family == name + "_count"]

    def connections(self, service: str, state: str) -> dict[str, float]:
        seen = [look[service].get(("sonde_db_connections", (("state", state),)), 0.0) for look in self.looks]
        return {"avg": round(sum(seen) / len(seen), 1), "max": int(max(seen))}

    def report(self) -> dict:
        """Connections are as looks saw them, every few seconds; busy is how many had a statement under way on average, by the statements' times."""
        statements = [{"service": service, "statement": dict(labels)["statement"], "total_s": round(h.sum, 3)} | h.ms()
                      for service, labels, h in self.of("sonde_db_statement_seconds") if h.count]
        busy = {service: round(sum(s["total_s"] for s in statements if s["service"] == service) / self.seconds, 3) for service in self.urls}
        return {
            "pool_wait": {service: h.ms() for service, _, h in self.of("sonde_db_pool_wait_seconds")},
            "connections": {service: {state: self.connections(service, state) for state in ("active", "idle")} | {"busy": busy[service]} for service in self.urls},
            "statements": sorted(statements, key=lambda s: -s["total_s"]),
        }
