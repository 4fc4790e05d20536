"""One run of bench/ingest."""
import os
import pathlib
import platform
import signal
import statistics
import time

import psycopg2

from harness import machine, synthetic
from harness.sampler import cpu_seconds, pss_mib
from stack import Stack, moment
from waiting import eventually

TICK_MS = 300  # the scheduler's: checks of a tick come back together
COUNTED = ("engine", "postgres")


class Ingest:
    def __init__(self, options):
        self.options = options
        self.stack = Stack()
        self.sent = 0    # results
        self.failed = 0  # of those
        self.bus = None

    def __enter__(self):
        try:
            self.stack.start()
            return self
        except BaseException:
            self.stack.remove()
            raise

    def __exit__(self, *_):
        self.stack.remove()

    def costs(self) -> dict[str, float]:
        """Of PostgreSQL, that of the engine's sessions too: what is beside it, as writing pages and all the others' looks, costs the same at any rate."""
        sessions = [row[0] for row in self.stack.query("select pid from pg_stat_activity where application_name = 'sonde-engine' order by backend_start")]
        return {name: cpu_seconds(self.stack.pid(name), name == "postgres") for name in COUNTED} | {"engine_sessions": sum(cpu_seconds(pid, False) for pid in sessions)}

    def stored(self) -> int:
        return self.stack.query("select coalesce(sum(executed), 0) from slot_ledger where region = 'bench'")[0][0]

    def caught_up(self, expected: int, seconds: float = 120):
        eventually(lambda: self.stored() >= expected, seconds, f"{expected} first attempts are stored")

    # ── steady state ──

    def feed(self, seconds: float, good=lambda monitor: True):
        """In real time: each tick's slots are published when they are over. A monitor that is not good has its confirmations a second apart."""
        interval = self.options.interval * 1000
        due = sorted(self.monitors, key=lambda m: m.phase)
        phases = [m.phase for m in due]
        begin = self.fed_to or int(time.time() * 1000)
        later: list[tuple[int, int, object, int]] = []  # (when, attempt, monitor, slot)
        first_attempts = 0
        at = begin
        while at < begin + seconds * 1000 or later:
            upto = at + TICK_MS
            time.sleep(max(0.0, upto / 1000 - time.time()))
            batch: dict[int, list[str]] = {}
            for phase_from, phase_to, base in windows(at, upto, interval) if at < begin + seconds * 1000 else ():
                for monitor in due[bisect(phases, phase_from):bisect(phases, phase_to)]:
                    slot = base + monitor.phase
                    well = good(monitor)
                    batch.setdefault(monitor.shard, []).append(synthetic.result(monitor, slot, 0, slot + 20, well))
                    first_attempts += 1
                    if not well:
                        self.failed += 3
                        later += [(slot + 1000 * n, n, monitor, slot) for n in (1, 2)]
            for when, attempt, monitor, slot in [x for x in later if x[0] < upto]:
                batch.setdefault(monitor.shard, []).append(synthetic.result(monitor, slot, attempt, when + 20, False))
            later = [x for x in later if x[0] >= upto]
            self.sent += sum(map(len, batch.values()))
            synthetic.publish(self.bus, upto, batch)
            at = upto
        self.fed_to = at
        self.expected += first_attempts
        self.caught_up(self.expected)

    def per_result(self, before: dict, sent: int) -> dict:
        after = self.costs()
        return {name: round(1e6 * (after[name] - before[name]) / (self.sent - sent), 2) for name in after}

    def steady(self) -> dict:
        rounds = []
        for _ in range(self.options.repeat):
            before, sent = self.costs(), self.sent
            self.feed(self.options.seconds)
            rounds.append(self.per_result(before, sent))
        return medians(rounds) | {"results_per_s": round(len(self.monitors) / self.options.interval, 1)}

    # ── a storm ──

    def storm(self, steady: dict) -> dict:
        """Some monitors fail in their next slot, and in its confirmations; what the good ones cost beside them is taken off. Then they recover, uncounted."""
        rounds = []
        for n in range(self.options.repeat):
            failing = {m.number for m in self.monitors[n * self.options.storm:(n + 1) * self.options.storm]}
            opened = self.incidents()
            before, sent, failed = self.costs(), self.sent, self.failed
            self.feed(self.options.interval + 3, lambda m: m.number not in failing)
            eventually(lambda: self.incidents() - opened >= len(failing), 120, "each has its incident")
            after = self.costs()
            bad = self.failed - failed
            good = self.sent - sent - bad
            rounds.append({name: round((1e6 * (after[name] - before[name]) - good * steady[name]) / bad, 2) for name in after} | {"incidents": self.incidents() - opened})
            if n + 1 < self.options.repeat:
                self.feed(2 * self.options.interval + 2)  # they recover
        return medians(rounds)

    def incidents(self) -> int:
        return self.stack.query("select count(*) from incident")[0][0]

    # ── restart ──

    def restart(self) -> dict:
        seconds, used = [], []
        for _ in range(self.options.repeat):
            old = self.stack.pid("engine")
            os.kill(old, signal.SIGTERM)
            eventually(lambda: self.stack.pid("engine") not in (0, old), 60, "the engine was started again")
            began = time.time()
            eventually(lambda: self.loaded_since(began), 60, "it has loaded all shards")
            used.append(cpu_seconds(self.stack.pid("engine"), False))
            seconds.append(self.loaded_since(began) - began)
            time.sleep(1)
        return {"seconds": round(statistics.median(seconds), 2), "engine_cpu_seconds": round(statistics.median(used), 2), "pss_mib": round(pss_mib(self.stack.pid("engine")), 1), "monitors": len(self.monitors)}

    def loaded_since(self, began: float) -> float:
        """When the last of the shards was, by the engine's log; 0 if not all are."""
        log = pathlib.Path(self.stack.endpoints["logs"]["engine"]).read_text(errors="replace")
        times = [moment(line.split()[0]) for line in log.splitlines() if " shard_loaded " in line]
        times = [t for t in times if t >= began]
        return max(times) if len(times) >= synthetic.SHARDS else 0.0

    # ── packing ──

    def packing(self) -> dict:
        with psycopg2.connect(self.stack.endpoints["postgres_dsn"]) as connection, connection.cursor() as cursor:
            cursor.execute("select (now() at time zone 'utc')::date - 5, to_char((now() at time zone 'utc')::date - 5, 'YYYYMMDD')")
            day, name = cursor.fetchone()
            # Apart from the table, so that the control plane leaves it alone.
            cursor.execute(f"alter table result_{name} rename to other") if self.exists(cursor, f"result_{name}") else None
            cursor.execute(f"create table result_{name} (like result including all)")
            cursor.execute(synthetic.DAY_OF_RESULTS.replace("insert into result (", f"insert into result_{name} ("), {"day": day, "monitors": max(1, self.options.packed // 2880)})
            cursor.execute(f"select count(*), pg_total_relation_size('result_{name}') from result_{name}")
            rows, room = cursor.fetchone()
            cursor.execute(f"create table result_packed_{name} (like result_packed including all)")
            cursor.execute("select pg_backend_pid()")
            pid = cursor.fetchone()[0]
            before = cpu_seconds(pid, False)
            cursor.execute(f"select pack_results(%s, 'result_packed_{name}', 0, 9223372036854775807)", (day,))
            used = cpu_seconds(pid, False) - before
            cursor.execute(f"select pg_total_relation_size('result_packed_{name}')")
            packed = cursor.fetchone()[0]
            cursor.execute(f"drop table result_{name}, result_packed_{name}")
        return {"results": rows, "bytes_as_row": round(room / rows, 1), "bytes_packed": round(packed / rows, 1), "cpu_us_to_pack": round(1e6 * used / rows, 2),
                "bytes_at_rest_30_days": round((1.54 * room + 28.46 * packed) / 30 / rows, 1)}

    @staticmethod
    def exists(cursor, table: str) -> bool:
        cursor.execute("select to_regclass(%s)", (table,))
        return cursor.fetchone()[0] is not None

    # ── the API ──

    def answers(self) -> dict:
        with psycopg2.connect(self.stack.endpoints["postgres_dsn"]) as connection, connection.cursor() as cursor:
            cursor.execute(synthetic.PAST, {"days": self.options.days, "first": self.monitors[0].number})
        first = self.monitors[0].number
        site, monitor = synthetic.text_of("sit", first), synthetic.text_of("mon", first)
        day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 86400))
        begin = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - self.options.days * 86400))
        incident = self.stack.query("select id from incident order by id desc limit 1")
        asked = {"report": f"/v1/sites/{site}/report?from={begin}", "site_uptime": f"/v1/sites/{site}/uptime?from={begin}", "rollups": f"/v1/monitors/{monitor}/rollups?resolution=day&limit=90",
                 "decisions_of_a_day": f"/v1/monitors/{monitor}/decisions?from={day}&limit=500", "results": f"/v1/monitors/{monitor}/results"}
        if incident:
            asked["explain"] = f"/v1/incidents/{synthetic.text_of('inc', incident[0][0])}/explain"
        times = {}
        for name, path in asked.items():
            took = []
            for _ in range(20):
                began = time.monotonic()
                self.stack.get(path)
                took.append(1000 * (time.monotonic() - began))
            times[name] = {"p50": round(statistics.median(took), 1), "max": round(max(took), 1)}
        return {"days": self.options.days, "monitors": len(self.monitors), "ms": times}

    def measure(self) -> dict:
        template = self.stack.site("template")
        self.stack.monitor(template, "http://192.0.2.1/", regions=["eu"], interval_ms=86_400_000)
        with psycopg2.connect(self.stack.endpoints["postgres_dsn"]) as connection:
            self.monitors = synthetic.define(connection, self.options.monitors, self.options.interval)
        self.fed_to, self.expected = 0, 0
        killed = time.time()
        os.kill(self.stack.pid("engine"), signal.SIGTERM)  # it reads them at its start
        eventually(lambda: self.loaded_since(killed), 60, "the engine is there again")
        with self.stack.bus() as self.bus:
            self.feed(self.options.interval + 2)  # all are up
            steady = self.steady()
            report = {"steady_cpu_us_per_result": steady, "storm_cpu_us_per_result": self.storm(steady)}
            report["lost"] = self.sent - self.stack.query("select count(*) from result")[0][0]
        report["restart"] = self.restart()
        report["room"] = self.packing()
        if self.options.days:
            report["answers"] = self.answers()
        report["options"] = {k: v for k, v in vars(self.options).items() if k != "json"}
        report["machine"] = {"cores": os.cpu_count(), "kernel": platform.release(), "processor": machine.processor(), "load": os.getloadavg()}
        return report


def medians(rounds: list[dict]) -> dict:
    found = {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}
    return found | {"sum": round(sum(found[name] for name in COUNTED), 2), "rounds": rounds}


def windows(begin: int, end: int, interval: int):
    """Ranges of phases whose slots are within [begin, end), with what to add to a phase."""
    base = begin - begin % interval
    while base < end:
        yield max(0, begin - base), min(interval, end - base), base
        base += interval


def bisect(phases: list[int], value: int) -> int:
    import bisect as module
    return module.bisect_left(phases, value)
