"""A whole Sonde of its own, started by `sonde up` on free ports, and its API."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg2
import requests

from bus import Bus
from waiting import PATIENCE, Unavailable, eventually

BUILD = pathlib.Path(os.environ.get("SONDE_BUILD_DIR", pathlib.Path(__file__).resolve().parents[2] / "build"))
SONDE = BUILD / "cli/sonde"
REGIONS = ["eu", "us", "ap"]


def sonde(*arguments, timeout: float = 90) -> subprocess.CompletedProcess:
    return subprocess.run([SONDE, *map(str, arguments)], capture_output=True, text=True, timeout=timeout * PATIENCE, stdin=subprocess.DEVNULL)


class Stack:
    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sonde-e2e-"))
        self.root.chmod(0o711)  # the database runs as another user when we are root
        self.data = self.root / "data"
        self.session = requests.Session()
        self.made: list[str] = []  # by `site` and `channel`, for `clear`

    # ── its processes ──

    def start(self, *options) -> subprocess.CompletedProcess:
        result = sonde("up", "--background", "--data", self.data, *(options or ("--port", "0")))
        assert result.returncode == 0, result.stdout + result.stderr + self.logs()
        self.session.headers["Authorization"] = "Bearer " + self.path("token_file").read_text().strip()
        return result

    def stop(self):
        result = sonde("up", "--stop", "--data", self.data)
        assert result.returncode == 0, result.stdout + result.stderr

    def remove(self):
        try:
            if (self.data / ".sonde").exists():
                self.stop()
        finally:
            self.session.close()
            shutil.rmtree(self.root, ignore_errors=True)

    @property
    def endpoints(self) -> dict:
        return json.loads((self.data / "endpoints.json").read_text())

    def path(self, key: str) -> pathlib.Path:
        return pathlib.Path(self.endpoints[key])

    def pid(self, name: str) -> int:
        return self.endpoints["processes"][name]["pid"]

    def signal(self, name: str, number: int):
        os.kill(self.pid(name), number)

    def kill(self, name: str) -> int:
        """As a crash would end it. Returns the number the process had."""
        pid = self.pid(name)
        assert pid, f"{name} does not run"  # 0 would be everybody, ourselves included
        os.kill(pid, signal.SIGKILL)
        return pid

    def back(self, name: str, old: int, seconds: float = 30):
        """Waits until the process is there again under another number."""
        eventually(lambda: self.pid(name) not in (0, old), seconds, f"{name} was restarted")

    def metrics(self, name: str) -> str:
        port = self.endpoints["processes"][name]["port"]
        return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text

    def logs(self) -> str:
        """The end of every log, for a failed test."""
        parts = []
        for log in sorted((self.data / "log").glob("*.log")):
            parts.append(f"\n── {log.name} ──\n" + "".join(log.read_text(errors="replace").splitlines(keepends=True)[-12:]))
        return "".join(parts)

    # ── its API ──

    def call(self, method: str, path: str, body=None, **options) -> requests.Response:
        options.setdefault("timeout", 10)
        if body is not None:
            options["json"] = body
        return self.session.request(method, self.endpoints["api"] + path, **options)

    def get(self, path: str) -> dict:
        answer = self.call("GET", path)
        if answer.status_code in (500, 503, 504):
            raise Unavailable(answer.text)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, path: str, body=None, status: int = 201) -> dict:
        answer = self.call("POST", path, body)
        if answer.status_code == 503:
            raise Unavailable(answer.text)
        assert answer.status_code == status, f"POST {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def site(self, name: str) -> str:
        made = self.post("/v1/sites", {"name": name})["id"]
        self.made.append(f"/v1/sites/{made}")
        return made

    def monitor(self, site: str, url: str, **fields) -> str:
        body = {"site_id": site, "kind": "http", "name": "home page", "interval_ms": 5000, "timeout_ms": 2000, "spec": {"url": url}}
        return self.post("/v1/monitors", body | fields)["id"]

    def channel(self, receiver, **fields) -> str:
        """A webhook channel to `receiver`, which from then on knows the key."""
        made = self.post("/v1/channels", {"kind": "webhook", "name": "pager", "config": {"url": receiver.url}} | fields)
        receiver.key = made["secrets"]["signing_key"]
        self.made.append(f"/v1/channels/{made['id']}")
        return made["id"]

    def clear(self):
        """Removes the sites and channels of a test, the last first, so that they are not in the way of the next."""
        while self.made:
            path = self.made.pop()

            def gone():
                answer = self.call("DELETE", path)
                return answer.status_code in (204, 404)
            eventually(gone, 30, f"{path} is deleted")

    def incidents(self, site: str, **filters) -> list[dict]:
        query = "".join(f"&{k}={v}" for k, v in filters.items())
        return self.get(f"/v1/incidents?site_id={site}{query}")["items"]

    def state(self, monitor: str) -> str:
        return self.get(f"/v1/monitors/{monitor}")["state"]

    def wait_up_everywhere(self, monitor: str, regions=REGIONS, seconds: float = 20):
        def voted():
            votes = {v["region"]: v["verdict"] for v in self.get(f"/v1/monitors/{monitor}")["votes"] if v["fresh"]}
            return self.state(monitor) == "up" and all(votes.get(r) == "up" for r in regions)
        eventually(voted, seconds, "the monitor is up in every region")

    # ── beneath the API ──

    def query(self, sql: str, *parameters) -> list[tuple]:
        with psycopg2.connect(self.endpoints["postgres_dsn"]) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def settled(self) -> bool:
        """Whether everything that happened has been planned, and everything planned has come to an end."""
        try:
            return self.query("select (select count(*) from event_to_plan) + "
                              "(select count(*) from delivery where state in ('planned', 'sending'))")[0][0] == 0
        except psycopg2.OperationalError as error:
            raise Unavailable(str(error)) from None

    def bus(self, user: str = "administrator", **options) -> Bus:
        return Bus(self.endpoints["nats_url"], (self.data / "secrets" / f"nats-{user}.creds").read_text(), **options)

    def environment_of(self, name: str) -> dict[str, str]:
        """What `sonde up` gave the process to know."""
        pairs = pathlib.Path(f"/proc/{self.pid(name)}/environ").read_bytes().split(b"\0")
        return dict(pair.decode().split("=", 1) for pair in pairs if b"=" in pair)


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be looked at does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def moment(text: str) -> float:
    """An RFC 3339 instant as seconds since the epoch."""
    from datetime import datetime
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def now() -> float:
    return time.time()
