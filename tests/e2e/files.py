"""Configuration as code, from the command line: the example, drift, exports, imports, and a death in the middle."""
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from stack import SONDE, Stack
from waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture
def files(tmp_path):
    return pathlib.Path(shutil.copytree(ROOT / "config/files", tmp_path / "files"))


def sonde(stack: Stack, *words, code: int = 0, **environment) -> subprocess.CompletedProcess:
    command = [str(word) for word in (SONDE, *words)]
    if words[0] != "import":
        command += ["--api", stack.endpoints["api"], "--token-file", stack.endpoints["token_file"]]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, env=os.environ | environment)
    assert result.returncode == code, result.stdout + result.stderr
    return result


def monitor(stack: Stack, name: str) -> dict:
    found = stack.get(f"/v1/monitors?name={name}")["items"]
    assert len(found) == 1, found
    return found[0]


def test_the_example_is_planned_applied_and_then_there_is_nothing_to_do(stack, files):
    refused = sonde(stack, "apply", "-f", files, code=1)
    assert f"{files}/channels.yaml:7: channel pager, secrets: needs a `signing_key`" in refused.stderr
    plan = sonde(stack, "apply", "-f", files, "--plan", code=2, PAGER_SIGNING_KEY=KEY).stdout
    assert "+ monitor shop/home" in plan and "interval: 30s" in plan and plan.endswith("Plan: 14 to create, 0 to change, 0 to delete, 0 unchanged\n")
    assert KEY not in plan and "not-a-real-key" not in plan
    assert stack.get("/v1/sites")["items"] == []
    done = sonde(stack, "apply", "-f", files, PAGER_SIGNING_KEY=KEY).stdout
    assert done.endswith("Done: 14 created, 0 changed, 0 deleted, 0 unchanged\n")
    assert sonde(stack, "apply", "-f", files).stdout == "Done: 0 created, 0 changed, 0 deleted, 14 unchanged\n"
    assert sonde(stack, "diff", "-f", files).stdout == "Plan: 0 to create, 0 to change, 0 to delete, 14 unchanged\n"


def test_what_was_changed_by_hand_is_shown_and_put_back_and_what_is_nobodys_stays(stack, files):
    home = monitor(stack, "Home page")
    stack.call("PATCH", f"/v1/monitors/{home['id']}", {"interval_ms": 45000, "severity": "minor"}).raise_for_status()
    said = sonde(stack, "diff", "-f", files, code=2).stdout
    assert "interval: 45s -> 30s   (changed by hand)" in said and "severity" not in said
    sonde(stack, "apply", "-f", files)
    home = monitor(stack, "Home page")
    assert (home["interval_ms"], home["severity"]) == (30000, "minor")


def test_a_mistake_that_the_server_finds_has_its_file_and_line(stack, files):
    shop = files / "sites/shop.yaml"
    shop.write_text(shop.read_text().replace("interval: 30s", "interval: 1s").replace("regions: [eu, us]", "regions: [eu, mars]"))
    refused = sonde(stack, "apply", "-f", files, code=1).stderr
    assert f"{shop}:9: monitor shop/home, interval_ms: must be a whole number from 5000" in refused
    shop.write_text(shop.read_text().replace("interval: 1s", "interval: 30s"))
    refused = sonde(stack, "apply", "-f", files, code=1).stderr
    assert f"{shop}:32: monitor shop/orders, regions/1: there is no region \"mars\"" in refused
    assert monitor(stack, "Home page")["interval_ms"] == 30000


def test_the_export_changes_nothing_and_has_no_secrets(stack, files, tmp_path):
    by_hand = stack.post("/v1/sites", {"name": "By hand"})["id"]
    stack.monitor(by_hand, "http://192.0.2.1/", name="mine", paused=True)
    before = [m["version"] for m in stack.get("/v1/monitors")["items"]]
    sonde(stack, "export", "-o", tmp_path / "out")
    text = "".join(p.read_text() for p in (tmp_path / "out").rglob("*.yaml"))
    assert KEY not in text and "not-a-real-key" not in text and "{env: SONDE_SHOP_ORDERS_KEY}" in text
    assert sonde(stack, "diff", "-f", tmp_path / "out").stdout.endswith("0 to create, 0 to change, 0 to delete, 14 unchanged, 5 to adopt\n")
    sonde(stack, "apply", "-f", tmp_path / "out")
    assert before == [m["version"] for m in stack.get("/v1/monitors")["items"]]
    sonde(stack, "apply", "-f", files, "--prune")
    assert stack.call("GET", f"/v1/sites/{by_hand}").status_code == 200, "it was adopted, not made"


def test_what_goes_from_the_files_is_told_and_pruned(stack, files):
    (files / "sites/network.yaml").unlink()
    assert "6 in no file any more" in sonde(stack, "apply", "-f", files).stdout
    assert "Done: 0 created, 0 changed, 6 deleted, 8 unchanged" in sonde(stack, "apply", "-f", files, "--prune").stdout
    assert [s["name"] for s in stack.get("/v1/sites")["items"]] == ["Shop", "By hand"]


def test_what_an_import_writes_is_taken(stack, tmp_path):
    fixtures = ROOT / "tests/unit/cli/import"
    for kind, arguments in {"uptime-kuma": [fixtures / "uptime-kuma.json"], "gatus": [fixtures / "gatus.yaml"],
                            "blackbox": [fixtures / "blackbox.yml", "--prometheus", fixtures / "prometheus.yml"]}.items():
        out = tmp_path / kind
        told = sonde(stack, "import", kind, *arguments, "-o", out).stderr
        assert "not taken over" in told
        variables = {name: "secret-value" for name in re.findall(r"environment variable (SONDE_\w+)", told)}
        variables |= {name: KEY for name in variables if name.endswith("SIGNING_KEY")}
        planned = sonde(stack, "apply", "-f", out, "--owner", kind, "--plan", code=2, TRACE="x", **variables)
        assert "to create" in planned.stdout


def test_a_death_in_the_middle_leaves_nothing_half_done(stack, tmp_path):
    many = tmp_path / "many.yaml"
    lines = ["sites:\n  many:\n    name: Many\n    monitors:\n"]
    lines += [f"      m{n}: {{name: m{n}, paused: true, spec: {{url: \"http://192.0.2.1/{n}\"}}}}\n" for n in range(3000)]
    many.write_text("".join(lines))
    before = stack.query("select count(*) from monitor")[0][0]
    for delay in (0.1, 0.4):
        command = [SONDE, "apply", "-f", many, "--api", stack.endpoints["api"], "--token-file", stack.endpoints["token_file"], "--owner", "many"]
        old = stack.pid("controlplane")
        running = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            running.wait(delay)
        except subprocess.TimeoutExpired:
            pass
        stack.kill("controlplane")
        running.wait(120)
        stack.back("controlplane", old)
        eventually(lambda: stack.call("GET", "/v1/sites").status_code == 200, 30, "the API answers again")
        made = stack.query("select count(*) from monitor")[0][0] - before
        kept = stack.query("select count(*) from managed where owner = 'many'")[0][0]
        assert (made, kept) in ((0, 0), (3000, 3001)), "all or nothing"
    sonde(stack, "apply", "-f", many, "--owner", "many")
    assert "3001 unchanged" in sonde(stack, "apply", "-f", many, "--owner", "many").stdout


def test_who_takes_over_stands_in_files_until_it_is_over(stack, tmp_path):
    ann = stack.post("/v1/users", {"name": "ann"})["id"]
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    at = {name: (now + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") for name, days in {"was": -9, "over": -8, "from": -1, "to": 7}.items()}
    line = tmp_path / "line.yaml"
    line.write_text("schedules:\n  line: {name: Line}\nschedule_overrides:\n"
                    f"  last: {{schedule: line, user_id: {ann}, from: {at['was']}, to: {at['over']}}}\n"
                    f"  easter: {{schedule: line, user_id: {ann}, from: {at['from']}, to: {at['to']}}}\n")
    planned = sonde(stack, "apply", "-f", line, "--owner", "line", "--plan", code=2).stdout
    assert "+ schedule_override easter" in planned and "? schedule_override last: it is over, and is not made" in planned
    sonde(stack, "apply", "-f", line, "--owner", "line")
    assert sonde(stack, "diff", "-f", line, "--owner", "line").stdout.endswith("0 to delete, 2 unchanged, 1 over\n")
    assert [one["user"]["id"] for one in stack.get("/v1/on-call")["items"]] == [ann]
    exported = sonde(stack, "export", "--owner", "line").stdout
    again = tmp_path / "again.yaml"
    again.write_text(exported)
    assert "easter:" in exported and at["to"][:-1] in exported and at["over"][:-1] not in exported
    assert "0 to create, 0 to change, 0 to delete" in sonde(stack, "diff", "-f", again, "--owner", "line").stdout
    line.write_text("schedules:\n  line: {name: Line}\n")
    assert "- schedule_override easter" in sonde(stack, "apply", "-f", line, "--owner", "line", "--prune").stdout
    assert stack.query("select count(*) from schedule_override")[0][0] == 0


def test_words_that_are_wrong_are_told_apart_from_differences(stack, tmp_path):
    sonde(stack, "apply", code=1)
    sonde(stack, "diff", "-f", tmp_path, code=1)
    assert json.loads(sonde(stack, "apply", "-f", ROOT / "config/files", "--plan", "--json", code=2, PAGER_SIGNING_KEY=KEY).stdout)["changes"] is True
