"""Targets of bench/probe: nginx in clear and with TLS, and one that takes connections and says nothing."""
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from harness.target import ADDRESSES
from peers import free_port
from waiting import eventually


class ProbeTarget:
    """On many loopback addresses, so that the ports towards any one of them never run out. Its certificate is its own authority."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sonde-bench-probe-"))
        self.ca = self.dir / "certificate.pem"
        plain, secure = free_port(), free_port()
        self.ports = (plain, secure)
        self.http = [f"http://{a}:{plain}/" for a in ADDRESSES]
        self.https = [f"https://{a}:{secure}/" for a in ADDRESSES]

    def __enter__(self):
        names = ",".join(f"IP:{a}" for a in ADDRESSES)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=bench",
                        "-addext", f"subjectAltName={names}", "-keyout", self.dir / "key.pem", "-out", self.ca], check=True, capture_output=True)
        plain, secure = self.ports
        listens = "".join(f"listen {a}:{plain} backlog=4096; listen {a}:{secure} ssl backlog=4096; " for a in ADDRESSES)
        paths = "".join(f"{n}_temp_path {self.dir}/{n}; " for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.dir / "nginx.conf").write_text(f"""
            daemon off; master_process off; worker_rlimit_nofile 65536; pid {self.dir}/pid; error_log {self.dir}/error.log;
            events {{ worker_connections 16384; }}
            http {{
                access_log off; {paths}
                ssl_certificate {self.ca}; ssl_certificate_key {self.dir}/key.pem; ssl_session_cache off; ssl_session_tickets off;
                server {{ {listens} default_type text/plain; location / {{ return 200 "{'x' * 1000}"; }} }}
            }}""")
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        self.process = subprocess.Popen([nginx, "-p", self.dir, "-e", self.dir / "error.log", "-c", self.dir / "nginx.conf"], stderr=subprocess.DEVNULL)
        eventually(lambda: (self.dir / "pid").exists(), 10, "nginx is up")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        shutil.rmtree(self.dir, ignore_errors=True)


class Tarpit:
    """Takes every connection, holds it, and never answers."""

    def __enter__(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.urls = [f"http://127.0.0.1:{self.listener.getsockname()[1]}/"]
        self.held = []
        threading.Thread(target=self.hold, daemon=True).start()
        return self

    def hold(self):
        try:
            while True:
                self.held.append(self.listener.accept()[0])
        except OSError:
            pass  # closed

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.held:
            connection.close()
