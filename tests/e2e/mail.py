"""From an outage to a message in a mailbox, its thread, and the link by which it is acknowledged."""
import email
import email.policy
import json
import pathlib
import re
import subprocess
import sys

import pytest
import requests

from peers import Target
from stack import Stack, sonde
from waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASE = "https://sonde.example"


class Mailbox:
    """A mail server that takes everything, encrypted, after a login."""

    def __init__(self, place: pathlib.Path):
        self.place = place
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=mail", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", place / "key.pem", "-out", place / "cert.pem"], check=True, capture_output=True, timeout=60)
        self.process = subprocess.Popen([sys.executable, ROOT / "tests/integration/notifier/smtp_server.py", place, "starttls+auth"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()

    def messages(self) -> list:
        names = sorted(self.place.glob("*.json"), key=lambda path: int(path.stem))
        raw = [json.loads(path.read_text())["data"].encode("latin-1") for path in names]
        return [email.message_from_bytes(one, policy=email.policy.strict) for one in raw]


@pytest.fixture
def mailbox(tmp_path):
    made = Mailbox(tmp_path)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def linked(stack: Stack):
    """The notifier knows where people find Sonde."""
    file = stack.data / "config/notifier.yaml"
    file.write_text(file.read_text().replace("${SONDE_PUBLIC_URL}", BASE))
    assert BASE in file.read_text()
    stack.back("notifier", stack.kill("notifier"))
    return stack


def channel(stack: Stack, mailbox: Mailbox) -> str:
    config = {"server": "127.0.0.1", "port": mailbox.port, "ca_certificates": (mailbox.place / "cert.pem").read_text(), "user": "ann", "from": "sonde@example.org",
              "to": ["ops@example.org"]}
    made = stack.post("/v1/channels", {"kind": "email", "name": "Ops", "config": config, "secrets": {"password": "hunter2hunter2"}})
    assert made["secrets_set"] == ["password"] and "hunter2" not in json.dumps(made)
    stack.made.append(f"/v1/channels/{made['id']}")
    return made["id"]


def parts(message) -> dict[str, str]:
    return {part.get_content_type(): part.get_content() for part in message.iter_parts()}


def test_a_channel_is_tried(stack: Stack, mailbox: Mailbox):
    made = channel(stack, mailbox)
    result = sonde("channel", "test", "Ops", "--api", stack.endpoints["api"], "--token-file", stack.endpoints["token_file"])
    assert result.returncode == 0 and result.stdout == "sent (SMTP 250: 2.0.0 taken)\n", result.stdout + result.stderr
    eventually(lambda: len(mailbox.messages()) == 1, 30, "the message is there")
    assert mailbox.messages()[0]["Subject"] == "TEST: this channel works"
    assert stack.get(f"/v1/channels/{made}/deliveries")["items"][0]["attempts"][0]["http_status"] == 250


def test_an_outage_is_a_thread_of_messages_and_its_link_acknowledges_once(linked: Stack, mailbox: Mailbox, target: Target):
    stack = linked
    channel(stack, mailbox)
    site = stack.site("Café")
    monitor = stack.monitor(site, target.url)
    stack.wait_up_everywhere(monitor)
    target.broken = True
    eventually(lambda: len(mailbox.messages()) >= 1, 60, "the message about the outage is there")
    opened = mailbox.messages()[0]
    assert opened["Subject"].startswith("DOWN: Café / home page")
    assert opened["Auto-Submitted"] == "auto-generated" and opened["In-Reply-To"] == opened["References"]
    text = parts(opened)["text/plain"]
    link = re.search(rf"Acknowledge: {re.escape(BASE)}(/ack/\S+)", text)[1]
    assert f'href="{BASE}{link}"' in parts(opened)["text/html"]

    incident = stack.incidents(site)[0]
    nobody = requests.Session()
    for _ in range(2):
        page = nobody.get(stack.endpoints["api"] + link, timeout=10)
        assert page.status_code == 200 and "<form method=\"post\">" in page.text, page.text
    assert stack.get(f"/v1/incidents/{incident['id']}")["state"] == "open"
    answer = nobody.post(stack.endpoints["api"] + link, timeout=30)
    assert answer.status_code == 200 and "You have acknowledged it." in answer.text, answer.text
    shown = stack.get(f"/v1/incidents/{incident['id']}")
    assert (shown["state"], shown["acknowledged_by"]) == ("acknowledged", "link:Ops")
    timeline = stack.get(f"/v1/incidents/{incident['id']}/timeline")["items"]
    assert [entry["actor"] for entry in timeline if entry["kind"] == "acknowledged"] == ["link:Ops"]
    assert [entry["operation"] for entry in stack.get("/v1/audit?actor=link:Ops")["items"]] == ["POST /ack/{token}"]

    eventually(lambda: len(mailbox.messages()) >= 2, 30, "the message about the acknowledgement is there")
    acknowledged = mailbox.messages()[1]
    assert acknowledged["Subject"].startswith("ACKNOWLEDGED by link of channel Ops: Café")
    assert "/ack/" not in parts(acknowledged)["text/plain"]

    stack.post(f"/v1/incidents/{incident['id']}/unacknowledge", status=200)
    again = nobody.post(stack.endpoints["api"] + link, timeout=30)
    assert again.status_code == 409 and "used already" in again.text
    assert stack.get(f"/v1/incidents/{incident['id']}")["state"] == "open"

    target.broken = False
    eventually(lambda: mailbox.messages()[-1]["Subject"].startswith("RESOLVED after"), 60, "the end is told")
    every = mailbox.messages()
    assert len({message["References"] for message in every}) == 1
    assert len({message["Message-ID"] for message in every}) == len(every)
    assert not [defect for message in every for part in message.walk() for defect in part.defects]
