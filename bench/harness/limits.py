"""The raw loops of bench/limits, and the servers they run against."""
import json
import os
import pathlib
import signal
import socket
import subprocess

import psycopg2

from harness.probe_target import ProbeTarget
from harness.sampler import cpu_seconds
from stack import BUILD, Stack
from waiting import eventually

# What is told of each, and for how much of it.
LOOPS = {
    "agent_us": ("libcurl on libuv, plain HTTP: the process", "check"),
    "agent_tls_us": ("libcurl on libuv, HTTPS verified: the process", "check"),
    "bus_us": ("JetStream, publish + pull + acknowledge, 50 jobs: nats-server", "job"),
    "bus_client_us": ("the same: the client", "job"),
    "copy_us": ("COPY of results, 500 a transaction: PostgreSQL", "row"),
    "copy_5000_us": ("COPY of results, 5,000 a transaction: PostgreSQL", "row"),
    "copy_client_us": ("COPY of results, 500 a transaction: the client", "row"),
    "upsert_us": ("states by unnest, 2,000 a transaction: PostgreSQL", "row"),
    "upsert_client_us": ("the same: the client", "row"),
}

CHECKS, MESSAGES, ROWS, MONITORS = 20_000, 10_000, 250_000, 10_000


class Process:
    """What a running process was started with, to be started again by us."""

    def __init__(self, pid: int):
        where = pathlib.Path(f"/proc/{pid}")
        self.arguments = where.joinpath("cmdline").read_bytes().decode().rstrip("\0").split("\0")
        self.environment = dict(pair.split("=", 1) for pair in where.joinpath("environ").read_bytes().decode().rstrip("\0").split("\0"))
        owner = where.stat()
        self.user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if owner.st_uid != os.getuid() else {}

    def start(self, log: pathlib.Path) -> subprocess.Popen:
        with log.open("ab") as output:
            return subprocess.Popen(self.arguments, env=self.environment, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, **self.user)


class Servers:
    """nats-server and PostgreSQL as `sonde up` starts them, with the tables of Sonde, and without its services."""

    def __enter__(self):
        self.stack = Stack()
        self.running: dict[str, subprocess.Popen] = {}
        try:
            self.stack.start()
            self.dsn, self.url = self.stack.endpoints["postgres_dsn"], self.stack.endpoints["nats_url"]
            self.credentials = self.stack.data / "secrets/nats-administrator.creds"
            known = {name: Process(self.stack.pid(name)) for name in ("postgres", "nats")}
            self.stack.stop()
            for name, process in known.items():
                self.running[name] = process.start(self.stack.root / f"{name}.log")
            eventually(self.there, 60, "both servers answer")
            return self
        except BaseException:
            self.__exit__()
            raise

    def there(self) -> bool:
        ended = {name: process.returncode for name, process in self.running.items() if process.poll() is not None}
        assert not ended, f"servers ended: {ended}"
        host, port = self.url.removeprefix("nats://").split(":")
        try:
            socket.create_connection((host, int(port)), timeout=5).close()
            psycopg2.connect(self.dsn).close()
        except (OSError, psycopg2.OperationalError):
            return False
        return True

    def __exit__(self, *_):
        for name, process in self.running.items():
            process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
            process.wait(timeout=60)
        self.stack.remove()

    def used(self, name: str) -> float:
        return cpu_seconds(self.running[name].pid, name == "postgres")

    def execute(self, *statements: str):
        with psycopg2.connect(self.dsn) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


class Limits:
    def __init__(self, part: float):
        """`part` of the usual counts."""
        self.part = part
        self.servers = Servers()
        self.target: ProbeTarget | None = None  # of the round under way

    def __enter__(self):
        self.servers.__enter__()
        self.servers.execute("create table limit_result (like result including all)",
                             "create table limit_state (like monitor_state including all) with (fillfactor = 50)")
        # The states there are are what is written later; this is not counted.
        self.rows("upsert", "limit_state", MONITORS, 2_000)
        return self

    def __exit__(self, *_):
        self.servers.__exit__()

    def count(self, whole: int) -> int:
        return max(1, int(whole * self.part))

    def check(self, scheme: str, count: int) -> float:
        command = [BUILD / "bench/bench-checks", "--mode", "raw", "--count", str(count), "--warm-up", str(max(64, count // 20)), "--ca-file", self.target.ca, "--"]
        run = self.run(command + getattr(self.target, scheme))
        assert run["good"] == run["checks"], f"{scheme}: {run['checks'] - run['good']} checks were not good"
        return run["cpu_us_per_check"]

    @staticmethod
    def run(command: list, **environment: str) -> dict:
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
        assert done.returncode == 0, done.stderr.strip() or f"{command[0]} ended with {done.returncode}"
        return json.loads(done.stdout)

    def loop(self, server: str, *arguments: str) -> tuple[float, float]:
        """Processor time of the server and of the client, in microseconds, for each."""
        before = self.servers.used(server)
        run = self.run([BUILD / "bench/bench-limits", *arguments], SONDE_BENCH_DSN=self.servers.dsn)
        if run["server"]:
            eventually(lambda: not pathlib.Path(f"/proc/{run['server']}").exists(), 60, "its session has ended")
        return 1e6 * (self.servers.used(server) - before) / run["count"], run["client_us"]

    def rows(self, what: str, table: str, rows: int, batch: int) -> tuple[float, float]:
        return self.loop("postgres", what, "--table", table, "--rows", str(rows), "--batch", str(batch), "--monitors", str(MONITORS))

    def results(self, batch: int) -> tuple[float, float]:
        self.servers.execute("truncate limit_result")
        return self.rows("copy", "limit_result", self.count(ROWS), batch)

    def once(self) -> dict[str, float]:
        with ProbeTarget() as self.target:
            found = {"agent_us": self.check("http", self.count(CHECKS)), "agent_tls_us": self.check("https", self.count(CHECKS // 10))}
        bus, bus_client = self.loop("nats", "bus", "--url", self.servers.url, "--credentials", str(self.servers.credentials), "--messages", str(self.count(MESSAGES)))
        copy, copy_client = self.results(500)
        many, _ = self.results(5_000)
        upsert, upsert_client = self.rows("upsert", "limit_state", self.count(ROWS), 2_000)
        return found | {"bus_us": bus, "bus_client_us": bus_client, "copy_us": copy, "copy_5000_us": many, "copy_client_us": copy_client,
                        "upsert_us": upsert, "upsert_client_us": upsert_client}
