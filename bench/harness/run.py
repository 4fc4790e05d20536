"""One run: start, seed, warm up, measure, settle, stop."""
import dataclasses
import math
import os
import pathlib
import time

from harness import errors, incidents, machine, readers, slots
from harness.cost import Cost
from harness.disk import Disk
from harness.kinds import KINDS
from harness.metrics import Metrics
from harness.readers import Readers
from harness.sampler import Sampler
from harness.seed import seed
from harness.target import Target
from harness.waits import holds
from harness.wire import Wire
from stack import REGIONS, Stack

CHECKS_A_SECOND = 400  # the least that warming up and settling count on, beside what takes its time
SETTLE_SECONDS = 30    # after the last slot: a check's timeout, its confirmations and the way of their results


@dataclasses.dataclass
class Used:
    """CPU seconds beside the stack's, at an instant."""
    target: float
    harness: float
    machine: dict[str, float]


class Run:
    def __init__(self, options):
        self.options = options
        self.regions = REGIONS[:options.regions]
        self.stack = Stack()
        self.target = Target(options.target, options.interval)
        self.wire = Wire(self.stack, os.environ.get("SONDE_NATS_SERVER"))
        self.described = machine.describe()

    def __enter__(self):
        try:
            self.target.start()
            self.start()
            self.configure()
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        try:
            if self.options.keep:
                self.stack.stop()
                print(f"data and logs: {self.stack.data}")
            else:
                self.stack.remove()
        finally:
            self.target.stop()

    def start(self):
        own = os.environ.get("SONDE_NATS_SERVER")
        os.environ["SONDE_NATS_SERVER"] = str(self.wire.script)
        try:
            self.stack.start()
        finally:
            os.environ.pop("SONDE_NATS_SERVER") if own is None else os.environ.update(SONDE_NATS_SERVER=own)

    def configure(self):
        """The files exist after the first start; keys may be written dotted, at their end."""
        settings = self.target.settings + self.options.set + (readers.settings() if self.options.readers else [])
        if not settings:
            return
        self.stack.stop()
        for setting in settings:
            service, _, pair = setting.partition(":")
            key, _, value = pair.partition("=")
            paths = sorted((self.stack.data / "config").glob(f"{service}*.yaml"))
            assert paths and key and value, f"'{setting}' is not SERVICE:KEY=VALUE with one of the services"
            for path in paths:
                path.write_text(path.read_text() + f"{key}: {value}\n")
        self.start()

    @property
    def work_seconds(self) -> float:
        """How long all monitors may take to be checked once, beyond what waits by itself."""
        return self.options.monitors * self.options.regions / CHECKS_A_SECOND

    @property
    def look_seconds(self) -> float:
        """Between two looks at all monitors: a look costs the database something."""
        return max(1.0, self.work_seconds / 100)

    def in_state(self, of) -> bool:
        """Whether the monitors of each kind are in the state `of(kind)`, if it names one."""
        wanted = {name: of(kind) for name, kind in KINDS.items() if of(kind)}
        rows = self.stack.query("select m.tags[1], coalesce(s.state, 'none') from monitor m left join monitor_state s on s.monitor_id = m.id group by 1, 2")
        return all(state == wanted[kind] for kind, state in rows if kind in wanted)

    def warm_up(self) -> bool:
        """Until every monitor has run and is in the state of its kind, or it is given up; then until no more slots are without result than the last seconds have. Whether that came true."""
        interval = self.options.interval
        if not holds(lambda: self.in_state(lambda kind: kind.warm), 4 * interval + 90 + self.work_seconds, self.look_seconds):
            raise AssertionError("not every monitor has come to the state of its target; " + str(self.stack.query("select state, count(*) from monitor_state group by 1")))
        rate = self.options.monitors * self.options.regions / interval
        share = sum(self.options.target.of(n).name in ("blackhole", "slow") for n in range(min(1000, self.options.monitors))) / min(1000, self.options.monitors)
        under_way = rate * (5 + 10 * share) + 10  # published ahead, on their way back, or waited for
        return holds(lambda: slots.outstanding(self.stack) <= under_way, interval + 30)

    def pids(self) -> dict[str, int]:
        return {name: p["pid"] for name, p in self.stack.endpoints["processes"].items()} | {"up": int((self.stack.data / "up.pid").read_text().split()[0])}

    def used(self) -> Used:
        return Used(self.target.cpu_seconds(), machine.own_seconds(), machine.busy_seconds())

    def settled(self, begin: int, end: int) -> bool:
        return slots.complete(self.stack, begin, end) and self.in_state(lambda kind: kind.measured) and self.stack.settled()

    def measure(self) -> dict:
        began = time.monotonic()
        seed(self.stack, self.target, self.options, self.regions)
        seeded = time.monotonic() - began
        if self.options.target.has("flap"):
            self.target.wheel.know({int(name): phase for name, phase in self.stack.query("select name, phase_ms from monitor where 'flap' = any(tags)")})
        steady = self.warm_up()
        page = readers.make_page(self.stack) if self.options.readers else None
        minutes = math.ceil(self.options.duration / 60)
        begin = math.ceil(time.time() / 60) * 60
        end = begin + 60 * minutes
        pids = self.pids()
        sampler, metrics, disk = Sampler(pids, {"postgres"}), Metrics(self.stack), Disk(self.stack)
        time.sleep(max(0.0, begin - time.time() - 1))
        brackets = (metrics, disk, self.wire)
        for one in brackets:
            one.begin()
        time.sleep(max(0.0, begin - time.time()))
        before = self.used()
        self.target.begin(begin)
        sampler.start()
        reading = Readers(page, self.options.readers, end - begin) if page else None
        time.sleep(max(0.0, end - time.time()))
        after = self.used()
        for one in brackets:
            one.end()
        # What was due before the end is waited for, as long as it may take; what is not there by then is missed.
        settled = holds(lambda: self.settled(begin, end), SETTLE_SECONDS + self.options.interval + 2 * self.work_seconds, self.look_seconds)
        took = time.time() - end
        sampler.stop()
        ledger = slots.account(self.stack, begin, end)
        cost = Cost(sampler, begin, end)
        report = self.head(60 * minutes) | {"seed_s": round(seeded, 2), "steady": steady, "settled": settled, "settle_s": round(took, 1)}
        report |= ledger | {"due": slots.due(self.stack, begin, end), "confirmations": slots.confirmations(self.stack, begin, end)}
        report |= slots.times(self.stack, begin, end) | {"longest_gap_s": slots.longest_gap(self.stack, begin, end)}
        report |= self.kinds(begin, end) | ({"readers": reading.ended()} if reading else {})
        report["incidents"] = incidents.of_incidents(self.stack, begin)
        report["notifications"] = incidents.of_notifications(self.stack, begin, self.target.received())
        report["events"] = incidents.of_events(self.stack, begin)
        report |= cost.report(ledger["completed"]) | self.beside(before, after, cost)
        report |= metrics.report() | {"bus": self.wire.report(ledger["completed"])} | disk.report(ledger["completed"])
        report["errors"] = errors.of_logs({name: pathlib.Path(log) for name, log in self.stack.endpoints["logs"].items()})
        report["restarted"] = errors.restarted(pids, self.pids())
        report["machine"] = self.described | {"postgresql": self.stack.query("show server_version")[0][0], "nats_server": self.wire.after["version"]}
        report["timeline"] = Cost(sampler, begin, begin + 1e9).timeline(begin) | {
            "lateness": slots.timeline(self.stack, begin, end), "storm": incidents.timeline(self.stack, begin)}
        return report

    def head(self, duration: int) -> dict:
        options = self.options
        return {"monitors": options.monitors, "sites": options.sites, "interval_s": options.interval, "duration_s": duration, "regions": options.regions,
                "target": options.target.text, "settings": options.set}

    def kinds(self, begin: int, end: int) -> dict:
        """Monitors apart by the kind of their target, and those that are answered apart from those that are not."""
        report = {"kinds": slots.by(self.stack, "m.tags[1]", begin, end)}
        if self.options.target.has("flap"):
            report["kinds"]["flap"] |= slots.alternation(self.stack, begin, end) | {"latest_turn_ms": round(1000 * self.target.wheel.latest, 1)}
        if self.options.target.has("blackhole"):
            report |= slots.by(self.stack, "case when 'blackhole' = any(m.tags) then 'blackholed' else 'healthy' end", begin, end)
        return report

    def beside(self, before: Used, after: Used, cost: Cost) -> dict:
        """CPU that is not counted as the stack's, in percent of one core: what checks went to, this program, and what is left of the machine's."""
        seconds = cost.cpu[-1][0] - cost.cpu[0][0]
        target, harness = after.target - before.target, after.harness - before.harness
        busy = after.machine["busy"] - before.machine["busy"]
        parts = {"target": target, "harness": harness, "others": max(0.0, busy - target - harness - cost.used(cost.names)),
                 "stolen": after.machine["steal"] - before.machine["steal"]}
        return {"beside_cpu_percent": {name: round(100 * used / seconds, 1) for name, used in parts.items()}}
