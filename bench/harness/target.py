"""The target of the checks: nginx on many loopback addresses, so that the ports towards any one of them never run out. What it answers goes by the path, which has the kind."""
import pathlib
import shutil
import signal
import subprocess
import tempfile

from harness.authority import Authority
from harness.blackhole import Blackhole
from harness.kinds import SLOW_SECONDS, Choice
from harness.names import ZONE, NameServer
from harness.sampler import cpu_seconds
from harness.wheel import Wheel
from peers import free_port
from waiting import eventually

ADDRESSES = [f"127.0.1.{n}" for n in range(1, 65)]
BODY = 1000  # bytes


def host_address(n: int) -> str:
    return f"127.0.{3 + n // 250}.{1 + n % 250}"


class Target:
    def __init__(self, choice: Choice | None = None, interval_s: int = 60):
        self.choice = choice or Choice()
        self.port, self.tls_port, self.receiver_port = free_port(), free_port(), free_port()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sonde-bench-target-"))
        self.process = None
        self.settings: list[str] = []  # what agents have to know, as `--set` has it
        hosts = {f"host-{n}.{ZONE}": host_address(n) for n in range(self.choice.hosts)}
        self.names = NameServer(hosts) if hosts else None
        self.blackhole = Blackhole() if self.choice.has("blackhole") else None
        self.wheel = Wheel(self.dir, interval_s)

    def url(self, number: int) -> str:
        """What monitor `number` checks."""
        kind = self.choice.of(number).name
        address = ADDRESSES[number % len(ADDRESSES)]
        if kind == "blackhole":
            return self.blackhole.url(number)
        if kind == "tls":
            return f"https://{address}:{self.tls_port}/tls/{number}"
        if kind == "hosts":
            return f"http://host-{number % self.choice.hosts}.{ZONE}:{self.port}/hosts/{number}"
        return f"http://{address}:{self.port}/{kind}/{number}"

    @property
    def receiver(self) -> str:
        """Where webhooks go: always answered. The name of each is kept, and when it came."""
        return f"http://127.0.0.1:{self.receiver_port}/"

    def received(self) -> list[tuple[str, float]]:
        """All messages that were answered, in their order: the name (webhook-id) and when, in seconds since the epoch. One that was sent twice is there twice."""
        log = self.dir / "received"
        lines = log.read_text().splitlines() if log.exists() else []
        return [(name, float(at)) for name, at in (line.split() for line in lines)]

    def start(self):
        listens = "".join(f"listen {a}:{self.port} backlog=4096; " for a in ADDRESSES + [host_address(n) for n in range(self.choice.hosts)])
        paths = "".join(f"{n}_temp_path {self.dir}/{n}; " for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        answer = f"return 200 \"{'x' * BODY}\";"
        secure = ""
        if self.choice.has("tls"):
            authority = Authority(self.dir, ADDRESSES)
            self.settings.append(f"agent:tls.ca_file={authority.ca}")
            secure = "".join(f"listen {a}:{self.tls_port} ssl backlog=4096; " for a in ADDRESSES)
            secure += f"ssl_certificate {authority.certificate}; ssl_certificate_key {authority.key}; ssl_session_cache off; ssl_session_tickets off;"
        if self.names:
            self.names.start()
            self.settings.append(f'agent:dns.servers=["{self.names.address}"]')
        if self.blackhole:
            self.blackhole.start()
        (self.dir / "recover").touch()
        # `slow`: a part at once and one each second from then on, the last after so many.
        (self.dir / "nginx.conf").write_text(f"""
            daemon off; master_process off; worker_rlimit_nofile 65536; pid {self.dir}/pid; error_log {self.dir}/error.log;
            events {{ worker_connections 32768; }}
            http {{
                access_log off; log_format names '$http_webhook_id $msec'; {paths}
                server {{ {listens} {secure} default_type text/plain;
                    location / {{ {answer} }}
                    location /fail/ {{ if (-f {self.dir}/fail) {{ return 503; }} {answer} }}
                    location /recover/ {{ if (-f {self.dir}/recover) {{ return 503; }} {answer} }}
                    location ~ ^/flap/(?<number>[0-9]+)$ {{ if (-f {self.wheel.flap}/$number) {{ return 503; }} {answer} }}
                    location /slow/ {{ limit_rate {int(BODY / (SLOW_SECONDS + 0.5))}; {answer} }}
                }}
                server {{ listen 127.0.0.1:{self.receiver_port} backlog=4096; access_log {self.dir}/received names; location / {{ return 204; }} }}
            }}""")
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        self.process = subprocess.Popen([nginx, "-p", self.dir, "-e", self.dir / "error.log", "-c", self.dir / "nginx.conf"], stderr=subprocess.DEVNULL)
        eventually(lambda: (self.dir / "pid").exists(), 10, "nginx is up")

    def begin(self, at: float):
        """From now on it behaves as its kinds do while they are measured."""
        (self.dir / "fail").touch()
        (self.dir / "recover").unlink(missing_ok=True)
        if self.choice.has("flap"):
            self.wheel.start(at)

    def cpu_seconds(self) -> float:
        """Used by it so far; not counted as anything of Sonde's."""
        return cpu_seconds(self.process.pid, False) + (cpu_seconds(self.names.process.pid, True) if self.names else 0.0)

    def stop(self):
        self.wheel.stop()
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
        if self.names:
            self.names.stop()
        if self.blackhole:
            self.blackhole.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
