"""What each region saw of an incident: those that failed beside the one that passed, and no secret in it."""
import os
import pathlib

from peers import Server
from stack import Stack
from waiting import eventually

KEY = "s3cr3t-of-the-monitor"
COOKIE = "s3cr3t-of-the-server"


def belongs_to(pid: int, port: int) -> bool:
    """Whether a connection from the local `port` is the process's."""
    inodes = {line.split()[9] for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
              if int(line.split()[1].split(":")[1], 16) == port}
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            if os.readlink(link).removeprefix("socket:[").removesuffix("]") in inodes:
                return True
        except FileNotFoundError:
            pass  # closed meanwhile
    return False


class Divided(Server):
    """Once `broken`, answers 503 to every region but one, and tells whoever asks what he sent."""

    def __init__(self, stack: Stack):
        super().__init__()
        self.stack = stack
        self.broken = False

    def answer(self, request):
        well = not self.broken or belongs_to(self.stack.pid("ap-1"), request.client_address[1])
        body = (b"fine, " if well else b"upstream timed out, ") + request.headers["X-Api-Key"].encode() + b"!" * 5000
        request.send_response(200 if well else 503)
        request.send_header("Set-Cookie", f"id={COOKIE}")
        request.send_header("X-Upstream", "10.0.0.7")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


def test_an_incident_shows_what_the_regions_that_failed_saw_and_what_the_one_that_passed_did(stack):
    target = Divided(stack).start()
    try:
        site = stack.site("Divided")
        monitor = stack.monitor(site, target.url, secrets={"KEY": KEY}, spec={"url": target.url, "headers": {"X-Api-Key": "{{secrets.KEY}}"}})
        stack.wait_up_everywhere(monitor)
        assert stack.get(f"/v1/monitors/{monitor}/evidence")["items"] == []
        good = stack.get(f"/v1/monitors/{monitor}/results?verdict=up")["items"]
        assert all(r["detail"] == {"address": f"127.0.0.1:{target.port}", "http": {"version": "1.1"}} for r in good)
        target.broken = True
        incident = eventually(lambda: stack.incidents(site, state="open"), 20, "an incident is open")[0]
        path = f"/v1/incidents/{incident['id']}/evidence"
        assert stack.get(f"/v1/incidents/{incident['id']}/explain")["evidence"] == path

        def complete():
            (seen,) = stack.get(path)["items"]
            return {r["region"]: r for r in seen["regions"]} if len(seen["regions"]) == 3 else None
        regions = eventually(complete, 20, "the region that passed has told what it saw")
        assert {name: r["verdict"] for name, r in regions.items()} == {"ap": "up", "eu": "down", "us": "down"}
        for name, region in regions.items():
            saw = region["evidence"]
            http = saw["http"]
            status, beginning = ("200 OK", "fine, ***!!") if name == "ap" else ("503 Service Unavailable", "upstream timed out, ***!!")
            assert http["status_line"] == f"HTTP/1.1 {status}"
            assert http["body"].startswith(beginning) and len(http["body"].encode()) <= 4096
            headers = {h["name"]: h["value"] for h in http["headers"]}
            assert headers["X-Upstream"] == "10.0.0.7" and headers["Set-Cookie"] == "***"
            assert saw["address"] == f"127.0.0.1:{target.port}"
            assert saw["phases_ms"]["total"] >= saw["phases_ms"]["first_byte"] > 0
            assert saw["assertions"][0]["found"] == status.split()[0]
        assert regions["eu"]["evidence"]["class"] == "http_status"

        pieces = stack.get(f"/v1/monitors/{monitor}/evidence?region=ap")["items"]
        assert {p["verdict"] for p in pieces} == {"up"} and all(p["attempt"] > 0 for p in pieces)
        told = stack.call("GET", path).text + stack.call("GET", f"/v1/monitors/{monitor}/evidence").text
        told += stack.call("GET", f"/v1/monitors/{monitor}/results").text
        assert "s3cr3t" not in told
        assert stack.query("select count(*) from evidence where position('s3cr3t' in document) > 0") == [(0,)]
    finally:
        target.stop()
