"""The target of the checks: nginx on many loopback addresses, so that the ports towards any one of them never run out."""
import pathlib
import shutil
import signal
import subprocess
import tempfile

from peers import free_port
from waiting import eventually

ADDRESSES = [f"127.0.1.{n}" for n in range(1, 65)]


class Target:
    def __init__(self):
        self.port = free_port()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sonde-bench-target-"))
        self.broken = self.dir / "broken"
        self.process = None

    def url(self, number: int) -> str:
        return f"http://{ADDRESSES[number % len(ADDRESSES)]}:{self.port}/{number}"

    @property
    def receiver(self) -> str:
        """Where webhooks go: always answered."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self):
        listens = "".join(f"listen {a}:{self.port} backlog=4096; " for a in ADDRESSES)
        paths = "".join(f"{n}_temp_path {self.dir}/{n}; " for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.dir / "nginx.conf").write_text(f"""
            daemon off; master_process off; worker_rlimit_nofile 65536; pid {self.dir}/pid; error_log {self.dir}/error.log;
            events {{ worker_connections 16384; }}
            http {{
                access_log off; {paths}
                server {{ {listens} default_type text/plain;
                    location / {{ if (-f {self.broken}) {{ return 503; }} return 200 "{'x' * 1000}"; }} }}
                server {{ listen 127.0.0.1:{self.port} backlog=4096; location / {{ return 204; }} }}
            }}""")
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        self.process = subprocess.Popen([nginx, "-p", self.dir, "-e", self.dir / "error.log", "-c", self.dir / "nginx.conf"], stderr=subprocess.DEVNULL)
        eventually(lambda: (self.dir / "pid").exists(), 10, "nginx is up")

    def break_now(self):
        self.broken.touch()

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
        shutil.rmtree(self.dir, ignore_errors=True)
