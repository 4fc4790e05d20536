"""The benchmark's harness runs, and its sums add up. What it measures is not judged here."""
import copy
import html.parser
import json
import pathlib
import re
import subprocess
import sys

import pytest

from stack import BUILD
from waiting import PATIENCE

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))

from harness import errors, medians, ratios  # noqa: E402

PROCESSES = {"postgres", "nats", "controlplane", "eu-1", "us-1", "ap-1", "engine", "notifier", "up"}
KINDS = ("ok", "slow", "tls", "hosts", "flap", "fail", "recover")


def scale(report_file: pathlib.Path, *options: str) -> tuple[subprocess.CompletedProcess, dict]:
    result = subprocess.run([BENCH / "scale", *options, "--json", report_file], capture_output=True, text=True, timeout=400 * PATIENCE)
    assert report_file.exists(), result.stdout + result.stderr
    return result, json.loads(report_file.read_text())


def adds_up(result: subprocess.CompletedProcess, report: dict):
    """What must be so of every report of one run."""
    assert report["expected"] == report["due"] == report["completed"] + report["missed"]
    assert report["missed"] == report["skipped"] == 0 and report["late"] <= report["completed"] and report["settled"]
    for values in (report["lateness_ms"], report["result_latency_ms"]):
        assert values["p50"] <= values["p90"] <= values["p99"] <= values["max"]
    for name in ("expected", "completed", "late", "missed", "monitors"):
        assert sum(kind[name] for kind in report["kinds"].values()) == report[name], name
    assert report["incidents"]["duplicate"] == report["incidents"]["unfounded"] == 0
    events = report["events"]
    assert events.get("incident.opened", 0) == report["incidents"]["opened"] and events.get("incident.resolved", 0) == report["incidents"]["resolved"]
    told = report["notifications"]
    assert told["planned"] == told["sent"] + told["superseded"] + told["dead"] and told["dead"] == told["duplicate"] == 0
    assert {p["name"] for p in report["processes"]} == PROCESSES and report["restarted"] == []
    for part, most in (("cpu_us_per_check", 1), ("cpu_percent", 0.1), ("pss_mib", 1)):
        sums = [p[part] if part == "cpu_us_per_check" else p[part]["avg"] for p in report["processes"]]
        assert abs(sum(sums) - (report[part] if part == "cpu_us_per_check" else report[part]["avg"])) < most, part
    streams = report["bus"]["streams"]
    assert streams["SONDE_RESULTS"] > 0 and sum(streams.values()) <= report["bus"]["messages_in"] and report["bus"]["bytes_in"] > 100 * streams["SONDE_RESULTS"]
    assert {s["service"] for s in report["statements"]} == set(report["pool_wait"]) == set(report["connections"]) == {"controlplane", "engine", "notifier"}
    assert all(wait["count"] > 0 and wait["avg_ms"] >= 0 for wait in report["pool_wait"].values())
    assert report["bytes_per_result"] > 0 and report["log_bytes_per_result"] > 0
    assert report["machine"]["postgresql"] and report["machine"]["nats_server"] and len(report["machine"]["load_at_begin"]) == 3
    # What servers of others say of a machine that is too busy is reported, and not ours.
    errors = report["errors"]
    assert errors["total"] == sum(errors.get(name, 0) for name in ("nats", "postgres")), errors
    assert result.returncode == (0 if errors["total"] == 0 else 1) and "missed 0" in result.stdout


def test_a_small_storm_on_few_sites_is_reported_whole(tmp_path):
    result, report = scale(tmp_path / "report.json", "--monitors", "40", "--sites", "10", "--interval", "5", "--duration", "60", "--target", "fail", "--readers", "50")
    adds_up(result, report)
    assert report["readers"]["views"] > 500 and report["readers"]["failed"] == 0 and 0 < report["readers"]["p50_ms"] <= report["readers"]["p99_ms"]
    # 40 monitors in one region, a slot every five seconds of a minute.
    assert report["expected"] == 40 * 12 and report["kinds"]["fail"]["good"] == 0
    assert report["incidents"]["opened"] == report["notifications"]["sent"] == 10, "those of a site share its incident"
    assert 0 < report["incidents"]["open_ms_p50"] <= report["incidents"]["open_ms_p99"] and report["incidents"]["last_open_ms"] > 0
    assert report["incidents"]["open_ms_p50"] < report["notifications"]["page_ms_p50"] <= report["notifications"]["page_ms_p99"], "nobody is told before there is an incident"


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """One run with targets of all kinds: 120 monitors in two regions, every tenth of which is never answered."""
    file = tmp_path_factory.mktemp("mixed") / "report.json"
    return file, *scale(file, "--monitors", "120", "--interval", "5", "--duration", "60", "--regions", "2", "--target", "ok,slow,tls,hosts:8,flap,fail,recover,blackhole:10%")


def test_targets_of_all_kinds_are_reported_apart(mixed):
    _, result, report = mixed
    adds_up(result, report)
    kinds = report["kinds"]
    assert set(kinds) == {*KINDS, "blackhole"} and kinds["blackhole"]["monitors"] == 12
    for name, kind in kinds.items():
        assert kind["expected"] == kind["monitors"] * 2 * 12, name
    assert [kinds[name]["good"] for name in ("ok", "slow", "tls", "hosts", "recover")] == [kinds[name]["completed"] for name in ("ok", "slow", "tls", "hosts", "recover")]
    assert kinds["fail"]["good"] == kinds["blackhole"]["good"] == 0
    flap = kinds["flap"]
    assert 0 < flap["good"] < flap["completed"] and flap["pairs"] == flap["completed"] - 2 * flap["monitors"] and flap["alternated"] > flap["pairs"] / 2
    for name in ("expected", "completed", "late", "missed", "monitors"):
        assert report["healthy"][name] + report["blackholed"][name] == report[name], name
    assert report["blackholed"]["monitors"] == 12 and report["healthy"]["lateness_ms"]["max"] <= report["lateness_ms"]["max"]
    # A monitor that flaps may have had its first failure confirmed or not, by how its slots fall; those that fail have one incident each.
    assert kinds["fail"]["monitors"] <= report["incidents"]["opened"] <= kinds["fail"]["monitors"] + kinds["flap"]["completed"]
    assert report["incidents"]["resolved"] >= kinds["recover"]["monitors"] and report["incidents"]["resolve_ms_p50"] > 0


class Seen(html.parser.HTMLParser):
    """What is on a page, and what it would fetch."""

    def __init__(self):
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.words = ""
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.fetched += [value for name, value in attributes if name in ("src", "href", "srcset")]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data + " "


def test_a_page_holds_the_figures_of_its_report_and_fetches_nothing(mixed, tmp_path):
    file, _, report = mixed
    result = subprocess.run([BENCH / "report", file], capture_output=True, text=True, timeout=30 * PATIENCE)
    assert result.returncode == 0, result.stderr
    page = Seen()
    page.feed(result.stdout)
    assert page.open == [] and page.fetched == [] and "script" not in page.tags and "url(" not in result.stdout and "@import" not in result.stdout
    for figure in (f"{report['expected']:,}", f"{report['incidents']['opened']:,}", report["machine"]["nats_server"], *PROCESSES, *KINDS, report["statements"][0]["statement"]):
        assert figure in page.words, figure
    for name in ("CPU", "Memory", "Lateness", "Incidents"):
        assert f'aria-label="{name}' in result.stdout

    (tmp_path / "other.json").write_text("{}")
    result = subprocess.run([BENCH / "report", tmp_path / "other.json"], capture_output=True, text=True, timeout=30 * PATIENCE)
    assert result.returncode == 1 and "is no report of bench/scale" in result.stderr


def test_scenarios_are_told_in_a_table(mixed, tmp_path):
    (tmp_path / "10k-blackhole.json").write_text(mixed[0].read_text())
    result = subprocess.run([BENCH / "scenarios", "--to", tmp_path, "--table"], capture_output=True, text=True, timeout=30 * PATIENCE)
    assert result.returncode == 0, result.stderr
    rows = (tmp_path / "table.md").read_text().splitlines()
    assert len(rows) == 4 and len({row.count("|") for row in rows}) == 1, "a head, its rule, the row and the healthy of it"
    assert f"{mixed[2]['expected']:,}, {mixed[2]['late']:,}, 0" in rows[2] and f"{mixed[2]['healthy']['expected']:,}" in rows[3]


def test_several_runs_are_told_by_their_medians_and_their_worst(mixed):
    runs = [copy.deepcopy(mixed[2]) for _ in range(3)]
    for run, cost in zip(runs, (30.0, 10.0, 20.0)):
        run["cpu_us_per_check"] = cost
        run["processes"][0]["pss_mib"]["avg"] = 2 * cost
    runs[1] |= {"missed": 5, "completed": runs[1]["expected"] - 5}
    runs[1]["processes"].reverse()
    runs[1]["events"]["region.quarantined"] = 1
    whole = medians.of_runs(runs)
    assert whole["cpu_us_per_check"] == 20.0 and whole["repeat"] == len(whole["runs"]) == 3
    assert whole["events"]["region.quarantined"] == 0 and whole["runs"][1]["events"]["region.quarantined"] == 1
    first = runs[0]["processes"][0]["name"]
    by_name = {row["name"]: row for row in whole["processes"]}
    assert set(by_name) == PROCESSES
    assert by_name[first]["pss_mib"]["avg"] == sorted(row["pss_mib"]["avg"] for run in runs for row in run["processes"] if row["name"] == first)[1]
    assert whole["missed"] == 0 and whole["expected"] == whole["completed"] and whole["worst"]["missed"] == 5, "a median hides nothing"
    assert [medians.sound(run) for run in (runs[0], runs[1])] == [runs[0]["errors"]["total"] == 0, False]


def test_services_are_compared_with_what_their_parts_can_do(mixed):
    used = {row["name"]: row["cpu_us_per_check"] for row in mixed[2]["processes"]}
    compared = ratios.compared(mixed[2], {"agent_us": 10.0, "bus_us": 4.0, "copy_us": 3.0, "upsert_us": 2.0, "machine": {}})
    assert set(compared) == {"agent", "nats", "postgres"}, "of the engine there are no figures"
    assert compared["nats"]["limit_us"] == 8.0, "jobs go there, and results"
    assert compared["postgres"]["limit_us"] == 5.0 and abs(compared["postgres"]["ratio"] - used["postgres"] / 5) < 0.02
    assert abs(compared["agent"]["us"] - used["eu-1"] - used["us-1"] - used["ap-1"]) < 0.2


def test_errors_are_counted_by_service_and_a_new_process_is_seen(tmp_path):
    logs = {name: tmp_path / name for name in ("engine", "postgres", "nats", "absent")}
    logs["engine"].write_text("2026-01-01T00:00:00Z info started\n2026-01-01T00:00:01Z error batch_failed\n2026-01-01T00:00:02Z error again\n")
    logs["postgres"].write_text("2026-01-01 00:00:00 UTC [1] FATAL:  the database system is starting up\n2026-01-01 00:00:01 UTC [2] ERROR:  deadlock detected\n")
    logs["nats"].write_text("[1] 2026/01/01 00:00:00 [INF] Server is ready\n[1] 2026/01/01 00:00:01 [ERR] Error configuring jetstream: could not create storage streams directory - mkdir\n")
    found = errors.of_logs(logs)
    assert (found["total"], found["engine"], found["postgres"]) == (3, 2, 1) and found["first"]["engine"].endswith("batch_failed") and found["nats"] == 0 and set(found["first"]) == {"engine", "postgres"}
    assert errors.restarted({"engine": 1, "nats": 2}, {"engine": 3, "nats": 2}) == ["engine"]


@pytest.mark.parametrize("options, told", [
    (("--target", "good"), "is none of: ok fail"), (("--target", "blackhole:101%"), "no number in range"), (("--target", "hosts:0.5"), "no number in range"), (("--target", "blackhole:5"), "no number in range"),
    (("--target", "blackhole"), "is none of"), (("--target", "ok,ok"), "is none of"), (("--interval", "4"), "5 s at least"), (("--monitors", "5", "--sites", "6"), "sites have 1 to 1000")])
def test_what_cannot_be_run_is_refused_with_why(options, told):
    result = subprocess.run([BENCH / "scale", *options], capture_output=True, text=True, timeout=30 * PATIENCE)
    assert result.returncode == 2 and told in result.stderr and result.stdout == ""
