"""A certificate authority of one's own and a server's certificate by it, both P-256."""
import pathlib
import subprocess

# Long enough that no certificate is near its end.
DAYS = "365"
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS]


class Authority:
    """Writes `ca.pem`, `server.pem` and `server.key` below `directory`."""

    def __init__(self, directory: pathlib.Path, addresses: list[str]):
        self.ca, self.certificate, self.key = directory / "ca.pem", directory / "server.pem", directory / "server.key"
        ca_key = directory / "ca.key"
        self.request("/CN=bench authority", "-keyout", ca_key, "-out", self.ca)
        names = ",".join(f"IP:{a}" for a in addresses)
        self.request("/CN=bench", "-CA", self.ca, "-CAkey", ca_key, "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE",
                     "-keyout", self.key, "-out", self.certificate)

    @staticmethod
    def request(subject: str, *options):
        subprocess.run(["openssl", "req", "-x509", *KEY, "-subj", subject, *options], check=True, capture_output=True)
