"""A status page as its readers have it: what happens is on it within seconds, nothing else is, and it is there when all that is behind it is not."""
import itertools
import json
import os
import pathlib
import shutil
import struct
import subprocess
import threading
import time
from xml.etree import ElementTree

import requests

from frozen import Frozen
from stack import BUILD, SONDE, Stack, now, sonde
from waiting import PATIENCE, eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]

DOCUMENTS = ["", "feeds", "index.json", "feed.rss", "feed.atom", "feed.json", "api/v2/summary.json", "api/v2/status.json", "api/v2/components.json", "api/v2/incidents.json",
             "api/v2/incidents/unresolved.json", "api/v2/scheduled-maintenances.json", "badge/state.svg", "badge/state.json", "badge/shop/state.svg", "badge/shop/uptime.svg", "widget.html", "widget.js"]
# In every name and address that is not for the public.
POISON = "xq7poison"


def instant(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now() + seconds))


class Page:
    """As a reader has it: without a token, by HTTP alone."""

    def __init__(self, stack: Stack, slug: str):
        self.stack, self.slug = stack, slug

    def get(self, document: str = "", **options) -> requests.Response:
        return requests.get(f"{self.stack.endpoints['api']}/status/{self.slug}/{document}", timeout=10, **options)

    def text(self, document: str = "") -> str:
        answer = self.get(document)
        assert answer.status_code == 200, f"{document}: {answer.status_code} {answer.text[:500]}"
        return answer.text

    def index(self) -> dict:
        return json.loads(self.text("index.json"))

    def condition(self) -> str:
        return self.index()["condition"]

    def everything(self) -> str:
        index = self.index()
        months = [f"history/{index['made_at'][:7]}"]
        places = [f"incidents/{one['id']}" for one in index["open"] + index["past"]] + [f"maintenance/{one['id']}" for one in index["maintenance"]]
        return "\n".join(self.text(document) for document in DOCUMENTS + months + places)


class Reader:
    """Reads a page again and again, as several browsers would; keeps what went wrong."""

    def __init__(self, page: Page, documents=("", "index.json", "feed.atom", "badge/state.svg")):
        self.page, self.documents = page, documents
        self.views, self.failures = 0, []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.read) for _ in range(2)]

    def read(self):
        while not self.over.is_set():
            for document in self.documents:
                try:
                    answer = self.page.get(document)
                    if answer.status_code != 200:
                        self.failures.append(f"{document}: {answer.status_code}")
                except requests.RequestException as error:
                    self.failures.append(f"{document}: {error}")
                self.views += 1
            time.sleep(0.1)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def make(stack: Stack, slug: str, expect: int = 200, **fields) -> Page:
    made = stack.post("/v1/status-pages", {"slug": slug, "title": "Acme"} | fields)
    stack.made.append(f"/v1/status-pages/{made['id']}")
    page = Page(stack, slug)
    eventually(lambda: page.get().status_code == expect, 20, "the page is there")
    page.made = made
    return page


def shop(stack: Stack, target, slug: str, **fields) -> tuple[str, str, Page]:
    """A site with a monitor, whose names are nobody's business, and a page about it."""
    site = stack.site(f"{POISON} site of {slug}")
    monitor = stack.monitor(site, target.url + POISON, name=f"{POISON} monitor", tags=[POISON], policy={"recovery_rounds": 1})
    stack.wait_up_everywhere(monitor, seconds=40)
    return site, monitor, make(stack, slug, groups=[{"name": "Platform", "components": [{"id": "shop", "name": "Web shop", "monitors": [monitor]}]}], **fields)


def test_an_outage_is_on_the_page_within_seconds_and_so_is_what_is_written_about_it(stack, target):
    site, monitor, page = shop(stack, target, "outage")
    eventually(lambda: page.condition() == "operational", 20, "all is well")
    assert "All systems operational" in page.text()

    target.break_now()
    eventually(lambda: page.condition() == "major_outage", 30, "the outage is on the page")
    opened = stack.incidents(site, state="open")[0]["id"]
    eventually(lambda: [one["id"] for one in page.index()["open"]] == [opened], 10, "the incident is on the page")
    assert "Major outage" in page.text()
    assert json.loads(page.text("api/v2/status.json"))["status"]["indicator"] == "critical"
    assert "Outage" in page.text("badge/shop/state.svg")

    stack.post(f"/v1/incidents/{opened}/updates", {"status": "identified", "text": "A cable was cut & we <mend> it."}, status=200)
    eventually(lambda: "A cable was cut &amp; we &lt;mend&gt; it." in page.text(), 10, "the update is on the page")
    eventually(lambda: "A cable was cut" in page.text("feed.atom") and "A cable was cut" in page.text("api/v2/incidents/unresolved.json"), 10, "and in what is made for programs")
    for feed in ("feed.rss", "feed.atom"):
        ElementTree.fromstring(page.text(feed))
    assert "A cable was cut &amp; we &lt;mend&gt; it." in page.text(f"incidents/{opened}")

    target.mend()
    eventually(lambda: page.condition() == "operational" and [one["id"] for one in page.index()["past"]] == [opened], 40, "it is over on the page")
    assert json.loads(page.text("api/v2/summary.json"))["incidents"] == []
    assert json.loads(page.text("api/v2/incidents.json"))["incidents"][0]["id"] == opened


def test_readers_who_listen_hear_of_a_change_at_once(stack, target):
    site, monitor, page = shop(stack, target, "listeners")
    with page.get("events", stream=True, headers={"Accept": "text/event-stream"}) as events:
        assert events.status_code == 200 and events.headers["Content-Type"] == "text/event-stream"
        lines = events.iter_lines()
        target.break_now()
        heard = next(line for line in lines if line == b"event: changed")
        assert heard
    eventually(lambda: page.condition() == "major_outage", 20, "the outage is on the page")
    target.mend()


def test_a_maintenance_is_announced_and_shown(stack, target):
    site, monitor, page = shop(stack, target, "maintained")
    window = stack.post("/v1/maintenance", {"title": "New disks", "description": "For all of you.", "starts_at": instant(3), "ends_at": instant(3600), "targets": {"sites": [site]}})
    stack.made.append(f"/v1/maintenance/{window['id']}")
    eventually(lambda: "New disks" in page.text(), 20, "it is on the page")
    eventually(lambda: page.condition() == "maintenance", 30, "it has begun")
    shown = json.loads(page.text("api/v2/scheduled-maintenances/active.json"))["scheduled_maintenances"]
    assert [one["name"] for one in shown] == ["New disks"] and shown[0]["components"][0]["id"] == "shop"
    assert "New disks" in page.text("feed.rss")
    assert json.loads(page.text("api/v2/status.json"))["status"]["indicator"] == "maintenance"


def test_nothing_that_is_not_for_the_public_is_anywhere(stack, target, receiver):
    stack.channel(receiver, name=f"{POISON} channel")
    site, monitor, page = shop(stack, target, "poisoned")
    target.break_now()
    eventually(lambda: page.condition() == "major_outage", 30, "the outage is on the page")
    opened = stack.incidents(site, state="open")[0]["id"]
    stack.post(f"/v1/incidents/{opened}/comment", {"comment": f"{POISON} among colleagues"}, status=200)
    stack.post(f"/v1/incidents/{opened}/updates", {"status": "investigating", "text": "We look into it."}, status=200)
    eventually(lambda: "We look into it." in page.text(), 10, "the update is on the page")
    everything = page.everything()
    assert "Web shop" in everything and "We look into it." in everything
    port = target.url.rsplit(":", 1)[1].strip("/")
    for secret in (POISON, f":{port}", site, monitor, "connect", "http_status", "token:"):
        assert secret not in everything, secret
    target.mend()


def test_a_page_at_its_own_host_is_alone_there(stack, target):
    site, monitor, page = shop(stack, target, "hosted", domain="status.acme.example")

    def at(path: str) -> requests.Response:
        return requests.get(stack.endpoints["api"] + path, headers={"Host": "status.acme.example"}, timeout=10)
    eventually(lambda: at("/").status_code == 200, 10, "it is at its host")
    assert "Web shop" in at("/").text and at("/index.json").json()["page"]["url"] == "https://status.acme.example/"
    assert [at(path).status_code for path in ("/v1/sites", "/metrics", "/docs", "/status/hosted/", "/livez")] == [404] * 5
    assert at("/robots.txt").status_code == 200


def test_a_protected_page_is_for_who_knows_its_password(stack, target):
    site, monitor, page = shop(stack, target, "locked")
    changed = stack.call("PATCH", f"/v1/status-pages/{page.made['id']}", {"access": "password", "password": "a long password"})
    assert changed.status_code == 200, changed.text
    eventually(lambda: page.get().status_code == 403, 10, "it is protected")
    assert all("Web shop" not in page.get(document).text and page.get(document).status_code == 403 for document in DOCUMENTS)
    reader = requests.Session()
    url = f"{stack.endpoints['api']}/status/locked/"
    assert reader.post(url, data={"password": "another password"}, timeout=20).status_code == 403
    assert "Web shop" in reader.post(url, data={"password": "a long password"}, timeout=20).text
    assert reader.get(url + "index.json", timeout=10).status_code == 200


def test_a_browser_sees_an_outage_come_and_opens_a_protected_page(stack, target):
    site, monitor, page = shop(stack, target, "browsed")
    locked = make(stack, "browsed-locked", access="password", password="a long password", groups=[{"name": "", "components": [{"id": "shop", "name": "Web shop", "monitors": [monitor]}]}], expect=403)
    npm = BUILD / "npm/pages"
    subprocess.run([ROOT / "install/npm", ROOT / "tests/pages", npm], check=True, timeout=240)
    program = npm / "served.mjs"  # modules are looked for beside the program
    program.write_text((ROOT / "tests/pages/served.mjs").read_text())
    browser = shutil.which("chromium")
    assert browser, "there is no chromium (install/test.packages)"
    api = stack.endpoints["api"]
    command = ["node", program, f"{api}/status/{page.slug}/", f"{api}/status/{locked.slug}/", "a long password", BUILD / "screenshots/served", browser]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ, HOME=str(npm))) as looking:
        timer = threading.Timer(240 * PATIENCE, looking.kill)
        timer.start()
        assert looking.stdout.readline() == "it is well\n", looking.stderr.read()
        target.break_now()
        rest, complaints = looking.communicate()
        timer.cancel()
    target.mend()
    assert looking.returncode == 0, complaints
    found = json.loads(rest)
    assert found["complaints"] == [] and found["violations"] == []
    assert "Major outage" in found["changed"] and found["loads"] == 1
    assert "This page is protected" in found["asked"] and "Web shop" not in found["asked"]
    assert "That is not the password." in found["refused"] and "Web shop" in found["opened"]


def test_a_page_as_files_has_what_is_served(stack, target, tmp_path):
    site, monitor, page = shop(stack, target, "exported")
    eventually(lambda: page.condition() == "operational", 20, "all is well")
    where = tmp_path / "site"
    token = ["--api", stack.endpoints["api"], "--token-file", stack.path("token_file")]
    nowhere = sonde("status-page", "export", where, "--page", "exported", *token)
    assert nowhere.returncode == 2 and "--url" in nowhere.stderr
    written = sonde("status-page", "export", where, "--page", "exported", "--url", "https://status.acme.example", *token)
    assert written.returncode == 0, written.stderr
    assert "All systems operational" in (where / "index.html").read_text() and (where / "badge/shop/state.svg").exists()
    assert json.loads((where / "index.json").read_text())["page"]["url"] == "https://status.acme.example/"
    assert "https://status.acme.example/feed.atom" in (where / "feed.atom").read_text()
    assert POISON not in "".join(file.read_text(errors="replace") for file in where.rglob("*") if file.is_file())
    (where / "mine.txt").write_text("stays")

    following = subprocess.Popen([SONDE, "status-page", "export", where, "--page", "exported", "--url", "https://status.acme.example", "--every", "5s", *map(str, token)], stderr=subprocess.DEVNULL)
    try:
        target.break_now()
        eventually(lambda: "Major outage" in (where / "index.html").read_text(), 60, "the files follow")
        opened = stack.incidents(site)[0]["id"]
        eventually(lambda: (where / f"incidents/{opened}/index.html").exists(), 30, "the incident has its file")
    finally:
        following.terminate()
        following.wait(30)
        target.mend()
    assert (where / "mine.txt").read_text() == "stays"
    picture = (where / "og.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n") and struct.unpack(">II", picture[16:24]) == (1200, 630)
    assert '<meta property="og:image" content="https://status.acme.example/og.png">' in (where / "index.html").read_text()

    eventually(lambda: page.condition() == "operational", 60, "all is well again")
    pushed = tmp_path / "pushed"
    following = subprocess.Popen([SONDE, "status-page", "export", pushed, "--page", "exported", "--url", "https://status.acme.example", "--follow", "--every", "1h", *map(str, token)])
    try:
        eventually(lambda: (pushed / "index.html").exists() and "All systems operational" in (pushed / "index.html").read_text(), 30, "the files are there")
        target.break_now()
        eventually(lambda: "Major outage" in (pushed / "index.html").read_text(), 60, "the files follow what is pushed")
        target.mend()
        eventually(lambda: "All systems operational" in (pushed / "index.html").read_text(), 60, "and again")
        assert not list(pushed.rglob("*.new"))
    finally:
        following.terminate()
        following.wait(30)
        target.mend()
    other = tmp_path / "other"
    other.mkdir()
    (other / "precious").write_text("x")
    refused = sonde("status-page", "export", other, "--page", "exported", "--url", "https://status.acme.example", *token)
    assert refused.returncode == 1 and [file.name for file in other.iterdir()] == ["precious"]


def test_files_of_a_protected_page_follow_what_is_pushed(stack, target, tmp_path):
    site, monitor, page = shop(stack, target, "kept")
    eventually(lambda: page.condition() == "operational", 20, "all is well")
    path = f"/v1/status-pages/{page.made['id']}"
    where = tmp_path / "site"
    options = ["--page", "kept", "--url", "https://status.acme.example", "--follow", "--every", "1h", "--api", stack.endpoints["api"], "--token-file", stack.path("token_file")]

    def says(text: str) -> bool:
        return (where / "index.html").exists() and text in (where / "index.html").read_text()
    assert stack.call("PATCH", path, {"access": "password", "password": "a long password"}).status_code == 200
    eventually(lambda: page.get().status_code == 403, 20, "a password is asked for")
    with subprocess.Popen([SONDE, "status-page", "export", where, *map(str, options)]) as following:
        try:
            eventually(lambda: says("All systems operational"), 30, "the files are there")
            target.break_now()
            eventually(lambda: says("Major outage"), 60, "they follow the page that a password opens")
            assert stack.call("PATCH", path, {"access": "token"}).status_code == 200
            eventually(lambda: "This page is protected" in page.get().text and 'type="password"' not in page.get().text, 20, "a token is asked for")
            target.mend()
            eventually(lambda: says("All systems operational"), 60, "and the one that a token opens")
        finally:
            following.terminate()
            target.mend()


def test_who_may_not_read_pages_any_more_is_told_of_no_change(stack, target):
    site, monitor, page = shop(stack, target, "listened")
    path = f"/v1/status-pages/{page.made['id']}/events"
    client = stack.post("/v1/clients", {"name": "listens to a page", "role": "viewer", "scopes": ["pages.read"]})
    with requests.get(stack.endpoints["api"] + path, headers={"Authorization": f"Bearer {client['secret']}"}, stream=True, timeout=60 * PATIENCE) as stream:
        assert stream.status_code == 200 and stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        target.break_now()
        assert next(line for line in lines if line == b"event: changed")
        target.mend()
        stack.post(f"/v1/clients/{client['id']}/revoke", {}, status=200)
        assert len(list(itertools.islice(lines, 60))) < 60  # it ends; one that does not says every few seconds that it lives
    assert requests.get(stack.endpoints["api"] + path, headers={"Authorization": f"Bearer {client['secret']}"}, timeout=30).status_code == 401


def test_with_database_and_bus_away_not_one_view_fails_and_the_page_says_how_old_it_is(stack, target):
    site, monitor, page = shop(stack, target, "lasting")
    eventually(lambda: page.condition() == "operational", 20, "all is well")
    with Reader(page) as reader:
        with Frozen(stack, "postgres"), Frozen(stack, "nats"):  # which is worse than being gone
            eventually(lambda: "Something newer could not be had." in page.text(), 120, "the page says that it is old")
        eventually(lambda: "Something newer could not be had." not in page.text(), 60, "it is current again")
    assert reader.failures == [] and reader.views > 500


def test_a_control_plane_that_starts_without_a_database_has_its_pages(stack, target):
    site, monitor, page = shop(stack, target, "restarted")
    eventually(lambda: page.condition() == "operational", 20, "all is well")
    with Frozen(stack, "postgres"), Frozen(stack, "nats"):  # which is worse than being gone
        before = stack.kill("controlplane")
        stack.back("controlplane", before)
        eventually(lambda: page.get().status_code == 200, 60, "the page is there again")
        with Reader(page) as reader:
            eventually(lambda: "Something newer could not be had." in page.text(), 120, "the page says that it is old")
        assert reader.failures == []
        assert page.index()["groups"][0]["components"][0]["name"] == "Web shop"
    eventually(lambda: "Something newer could not be had." not in page.text(), 90, "it is current again")
    target.break_now()
    eventually(lambda: page.condition() == "major_outage", 60, "all goes on")
    target.mend()


def test_what_leads_to_a_page_leads_to_where_people_reach_sonde_whatever_host_is_asked(stack: Stack):
    site = stack.site("Links")
    stack.made.append(f"/v1/status-pages/{stack.post('/v1/status-pages', {'slug': 'links', 'title': 'Links', 'groups': [{'name': 'All', 'components': [{'id': 'one', 'name': 'One', 'sites': [site]}]}]})['id']}")
    page = Page(stack, "links")
    eventually(lambda: page.get().status_code == 200, 30, "the page is there")
    for document in ("feed.atom", "feed.rss", "index.json"):
        answer = page.get(document, headers={"Host": "elsewhere.example"})
        assert f"{stack.endpoints['api']}/status/links/" in answer.text and "elsewhere.example" not in answer.text
