"""Status pages over the real engine: what they are told of an outage, and that they are there without the database."""
import json

import requests

from frozen import Frozen
from stack import REGIONS, Stack
from waiting import eventually


def made(stack: Stack, slug: str, component: dict) -> str:
    page = {"slug": slug, "title": "Acme", "groups": [{"components": [{"id": "shop", "name": "Our shop"} | component]}]}
    page_id = stack.post("/v1/status-pages", page)["id"]
    stack.made.append(f"/v1/status-pages/{page_id}")
    return page_id


def kept(stack: Stack, page: str) -> dict:
    """The snapshot that the control plane has on disk; nothing of one that is not there yet."""
    file = stack.data / f"status-pages/controlplane/{page}.json"
    return json.loads(file.read_text())["snapshot"] if file.exists() else {"condition": None}


def control_plane(stack: Stack, path: str) -> requests.Response:
    return requests.get(stack.endpoints["api"] + path, timeout=30)  # whether a database that hangs is there takes a while to find out


def test_an_outage_is_on_the_page_with_what_was_written_of_it_and_nothing_else(stack, target):
    site = stack.site("Site of colleagues")
    monitor = stack.monitor(site, target.url, name="name for colleagues", policy={"recovery_rounds": 1})
    page = made(stack, "outage", {"monitors": [monitor]})
    stack.wait_up_everywhere(monitor)
    eventually(lambda: kept(stack, page)["condition"] == "operational", 20, "all is well on the page")

    target.break_now()
    incident = eventually(lambda: stack.incidents(site, state="open"), 15, "an incident is open")[0]
    eventually(lambda: kept(stack, page)["condition"] == "major_outage", 20, "the outage is on the page")
    shown = eventually(lambda: kept(stack, page)["open"], 20, "the incident is on the page")[0]
    assert (shown["id"], shown["title"], shown["impact"], shown["phase"], shown["updates"]) == (incident["id"], "Our shop", "critical", "investigating", [])
    stack.post(f"/v1/incidents/{incident['id']}/updates", {"status": "identified", "text": "It is the disk."}, status=200)
    told = eventually(lambda: kept(stack, page)["open"][0]["updates"], 20, "what was written is on the page")
    assert [(u["phase"], u["text"]) for u in told] == [("identified", "It is the disk.")]

    target.mend()
    eventually(lambda: kept(stack, page)["condition"] == "operational" and kept(stack, page)["past"], 40, "the end is on the page")
    snapshot = kept(stack, page)
    assert snapshot["open"] == [] and snapshot["past"][0]["phase"] == "resolved" and snapshot["past"][0]["resolved_at"]
    component = snapshot["groups"][0]["components"][0]
    assert 0 < component["uptime"] < 1 and component["days"][-1]["worst"] == "major_outage"
    text = json.dumps(snapshot)
    for internal in ("colleagues", target.url, "127.0.0.1", site, monitor, "connect_refused", "http_status", *(f'"{region}"' for region in REGIONS)):
        assert internal not in text, internal


def test_maintenance_is_on_the_page_while_it_is(stack, target):
    site = stack.site("Maintained")
    monitor = stack.monitor(site, target.url)
    page = made(stack, "maintained", {"sites": [site]})
    stack.wait_up_everywhere(monitor)
    start, end = stack.query("select to_char(t at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from unnest(array[now(), now() + interval '1 hour']) t")
    window = stack.post("/v1/maintenance", {"title": "New disks", "starts_at": start[0], "ends_at": end[0], "targets": {"sites": [site]}})["id"]
    stack.made.append(f"/v1/maintenance/{window}")
    eventually(lambda: kept(stack, page)["condition"] == "maintenance", 30, "the page tells of it")
    shown = kept(stack, page)["maintenance"]
    assert [(w["title"], w["progress"], w["components"]) for w in shown] == [("New disks", "in_progress", ["shop"])]
    assert shown[0]["id"].startswith(window + "-")
    assert stack.call("DELETE", f"/v1/maintenance/{window}").status_code == 204
    eventually(lambda: kept(stack, page)["condition"] == "operational" and not kept(stack, page)["maintenance"], 30, "it is over")


def test_a_control_plane_that_is_killed_has_its_pages_though_the_database_hangs(stack, target):
    site = stack.site("Without a database")
    monitor = stack.monitor(site, target.url)
    page = made(stack, "always", {"monitors": [monitor]})
    eventually(lambda: kept(stack, page)["condition"] == "operational", 30, "the page is there")
    with Frozen(stack, "postgres"):
        stack.back("controlplane", stack.kill("controlplane"), 60)
        eventually(lambda: control_plane(stack, "/livez").status_code == 200, 60, "it answers without the database")
        assert control_plane(stack, "/readyz").status_code == 503
        assert "\nsonde_status_pages 1\n" in stack.metrics("controlplane")
    eventually(lambda: control_plane(stack, "/readyz").status_code == 200, 60, "it works again")
    target.break_now()
    eventually(lambda: kept(stack, page)["condition"] == "major_outage", 60, "the page follows what happens")
