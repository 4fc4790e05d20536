"""A name server with a zone of its own: NSD on one loopback address."""
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from peers import free_port
from waiting import eventually

ZONE = "example.test"


class NameServer:
    """`names` is name -> address, all of them below example.test."""

    def __init__(self, names: dict[str, str]):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sonde-bench-names-"))
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.names = names
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        records = "".join(f"{name}. A {address}\n" for name, address in self.names.items())
        (self.dir / "zone").write_text(f"$ORIGIN {ZONE}.\n$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\nns1 A 127.0.0.1\n{records}")
        files = "".join(f'{name}: "{self.dir}/{name}"\n' for name in ("zonelistfile", "pidfile", "xfrdfile", "logfile"))
        (self.dir / "nsd.conf").write_text(f"""server:
ip-address: 127.0.0.1@{self.port}
username: ""
zonesdir: "{self.dir}"
xfrdir: "{self.dir}"
database: ""
server-count: 1
{files}remote-control:
control-enable: no
zone:
name: {ZONE}
zonefile: zone
""")
        nsd = shutil.which("nsd", path="/usr/sbin:/usr/bin")
        self.process = subprocess.Popen([nsd, "-d", "-c", self.dir / "nsd.conf"], stderr=subprocess.DEVNULL)
        eventually(self.takes_connections, 10, "nsd is up")

    def takes_connections(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
            self.process = None
        shutil.rmtree(self.dir, ignore_errors=True)
