"""A certificate that ends soon is told once for each threshold, whatever dies meanwhile."""
import http.server
import ssl
import subprocess
import threading

import pytest

from peers import free_port
from waiting import eventually


class Shop:
    """A TLS server whose certificate, its own authority, can be renewed."""

    def __init__(self, directory):
        self.directory = directory
        self.port = free_port()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), http.server.SimpleHTTPRequestHandler)
        self.server.daemon_threads = True
        self.server.socket = self.context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)

    def renew(self, days: int) -> str:
        """Returns the certificate in PEM."""
        certificate, key = self.directory / "certificate.pem", self.directory / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj", "/CN=shop",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        self.context.load_cert_chain(certificate, key)
        return certificate.read_text()

    def start(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def shop(tmp_path):
    made = Shop(tmp_path)
    yield made
    made.stop()


def rounds(stack, monitor: str) -> int:
    """Of results by all regions together."""
    return stack.query("select count(*) from result r join monitor m on m.id = r.monitor_id where m.name = %s", monitor)[0][0]


def test_a_certificate_near_its_end_is_told_once_and_a_renewed_one_anew(stack, shop, receiver):
    stack.channel(receiver, events=["certificate.expiring"])
    site = stack.site("Shop")
    shop.renew(5)
    shop.start()
    # What is against the chain is not the matter here.
    spec = {"host": "127.0.0.1", "port": shop.port, "verify": False}
    monitor = stack.monitor(site, "", name="certificate", kind="tls", spec=spec)
    first = eventually(lambda: receiver.of("certificate.expiring"), 30, "the webhook is told")[0]["event"]
    assert first["monitor"] == {"id": monitor, "name": "certificate"} and first["site"]["id"] == site
    assert first["certificate"]["threshold_days"] == 7 and first["certificate"]["days_left"] == 4 and first["certificate"]["subject"] == "CN=shop"

    stack.back("engine", stack.kill("engine"))
    seen = rounds(stack, "certificate")
    eventually(lambda: rounds(stack, "certificate") >= seen + 9, 60, "all regions have seen it three times more")
    stack.back("notifier", stack.kill("notifier"))

    shop.renew(20)
    events = eventually(lambda: len(told := {c["event"]["id"]: c["event"] for c in receiver.of("certificate.expiring")}) >= 2 and list(told.values()), 60, "the renewed one is told")
    seen = rounds(stack, "certificate")
    eventually(lambda: rounds(stack, "certificate") >= seen + 6, 60, "all regions have seen that twice more")
    eventually(stack.settled, 20, "nothing is left to be told")
    told = {c["event"]["id"]: c["event"]["certificate"] for c in receiver.of("certificate.expiring")}
    assert [c["threshold_days"] for c in told.values()] == [7, 30], events
    assert len({c["fingerprint"] for c in told.values()}) == 2
    assert stack.query("select count(*) from outbox where kind = 'certificate.expiring'") == [(2,)]

    decisions = stack.get(f"/v1/monitors/{monitor}/decisions?kind=expiring")["items"]
    assert [d["expiry"]["threshold_days"] for d in decisions] == [30, 7] and "ends at" in decisions[0]["sentence"]
