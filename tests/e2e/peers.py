"""What Sonde meets outside: a target to watch, and a receiver of webhooks."""
import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from waiting import eventually


def free_port() -> int:
    """Below the range of outgoing connections: a check must not take the port while its server is away."""
    lowest_outgoing = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(12000, min(lowest_outgoing, 32768))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                probe.listen()
                return port
            except OSError:
                continue


class Server:
    """An HTTP server on one port that may be stopped and started again."""

    def __init__(self, host: str = "127.0.0.1"):
        self.host = host
        self.port = free_port()
        self.url = f"http://{host}:{self.port}/"
        self.server = None

    def start(self):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                owner.answer(self)

            do_POST = do_GET
            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((self.host, self.port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def answer(self, request):
        raise NotImplementedError


class Target(Server):
    """Answers 200, or 503 while it is `broken`. `failed` is when it first did the latter."""

    def __init__(self, host: str = "127.0.0.1"):
        super().__init__(host)
        self.broken = False
        self.failed = threading.Event()

    def answer(self, request):
        broken = self.broken
        body = b"broken" if broken else b"fine"
        request.send_response(503 if broken else 200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)
        if broken:
            self.failed.set()

    def break_now(self):
        self.failed.clear()
        self.broken = True

    def mend(self):
        self.broken = False


class Receiver(Server):
    """Checks the signature of each call (Standard Webhooks) and keeps it. `answers` are the codes of the next calls; then 204."""

    def __init__(self):
        super().__init__()
        self.key = ""
        self.calls: list[dict] = []
        self.forged: list[dict] = []
        self.answers: list[tuple[int, dict]] = []
        self.lock = threading.Lock()

    def answer(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        call = {"id": request.headers["webhook-id"], "event": json.loads(body), "at": time.time()}
        with self.lock:
            (self.calls if self.genuine(request.headers, body) else self.forged).append(call)
            code, headers = self.answers.pop(0) if self.answers else (204, {})
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def genuine(self, headers, body: bytes) -> bool:
        secret = base64.b64decode(self.key.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        return expected in headers["webhook-signature"].split() and abs(time.time() - int(headers["webhook-timestamp"])) < 60

    def of(self, kind: str, incident: str | None = None) -> list[dict]:
        with self.lock:
            return [c for c in self.calls if c["event"]["kind"] == kind and incident in (None, c["event"].get("incident", {}).get("id"))]


class Nginx:
    """A real web server, to be stopped and started like one."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sonde-nginx-"))
        self.process = None
        (self.dir / "nginx.conf").write_text(f"""
            daemon off; master_process off; pid {self.dir}/pid; error_log {self.dir}/error.log;
            events {{ worker_connections 256; }}
            http {{
                access_log off; client_body_temp_path {self.dir}/body; proxy_temp_path {self.dir}/proxy; fastcgi_temp_path {self.dir}/fastcgi;
                uwsgi_temp_path {self.dir}/uwsgi; scgi_temp_path {self.dir}/scgi;
                server {{ listen 127.0.0.1:{self.port}; location / {{ return 200 "fine"; }} }}
            }}""")

    def start(self):
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        self.process = subprocess.Popen([nginx, "-p", self.dir, "-e", self.dir / "error.log", "-c", self.dir / "nginx.conf"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(self.listens, 10, "nginx listens")
        return self

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=10)
            self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
