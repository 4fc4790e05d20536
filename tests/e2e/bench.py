"""The benchmark's harness runs, and its sums add up. What it measures is not judged here."""
import json
import pathlib
import re
import subprocess

from stack import BUILD
from waiting import PATIENCE

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"


def test_a_small_storm_is_reported_whole(tmp_path):
    report_file = tmp_path / "report.json"
    result = subprocess.run([BENCH / "scale", "--monitors", "40", "--interval", "5", "--duration", "60", "--regions", "2", "--target", "fail", "--json", report_file],
                            capture_output=True, text=True, timeout=300 * PATIENCE)
    assert report_file.exists(), result.stdout + result.stderr
    report = json.loads(report_file.read_text())
    # 40 monitors in two regions, a slot every five seconds of a minute.
    assert report["expected"] == 40 * 2 * 12
    assert report["expected"] == report["completed"] + report["missed"]
    assert report["missed"] == 0 and report["late"] <= report["completed"]
    for values in (report["lateness_ms"], report["result_latency_ms"]):
        assert values["p50"] <= values["p90"] <= values["p99"] <= values["max"]
    assert report["incidents"]["opened"] == 40 and report["incidents"]["duplicate"] == 0
    assert report["notifications"] == {"planned": 40, "sent": 40, "duplicate": 0}
    assert {p["name"] for p in report["processes"]} == {"postgres", "nats", "controlplane", "eu-1", "us-1", "ap-1", "engine", "notifier", "up"}
    assert abs(sum(p["cpu_us_per_check"] for p in report["processes"]) - report["cpu_us_per_check"]) < 1
    assert sum(p["pss_mib"]["avg"] for p in report["processes"]) - report["pss_mib"]["avg"] < 1
    # What servers of others say of a machine that is too busy is reported, and not ours.
    errors = report["errors"]
    assert errors["total"] == sum(errors.get(name, 0) for name in ("nats", "postgres")), errors
    assert result.returncode == (0 if errors["total"] == 0 else 1) and "missed 0" in result.stdout


def test_the_cost_of_a_check_is_compared_with_that_of_libcurl_alone():
    result = subprocess.run([BENCH / "probe", "--repeat", "1", "--count", "640"], capture_output=True, text=True, timeout=120 * PATIENCE)
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["http", "https"]
    assert all("ratio" in line for line in lines)


def test_memory_is_read_in_the_course_of_checks_of_every_kind():
    result = subprocess.run([BENCH / "probe", "--growth", "200"], capture_output=True, text=True, timeout=120 * PATIENCE)
    assert result.returncode == 0, result.stdout + result.stderr
    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    readings = [row for row in rows if row[1] != "peak"]
    assert [(row[0], int(row[1])) for row in readings] == [(kind, n) for kind in ("http", "https", "dns", "tcp") for n in (0, 20, 50, 100, 200)]
    # A sanitizer has a heap of its own, of which nothing is told.
    assert PATIENCE > 1 or all(float(row[4]) > float(row[5]) > 0 for row in readings), "what is in use of the heap is resident"
    assert [row[4:7] for row in rows if row[1] == "peak"] == [["0", "not", "good,"]] * 4


def test_readers_of_status_pages_are_counted(tmp_path):
    report_file = tmp_path / "report.json"
    result = subprocess.run([BENCH / "pages", "--seconds", "1", "--components", "25", "--changes", "2", "--json", report_file], capture_output=True, text=True, timeout=120 * PATIENCE)
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads(report_file.read_text())
    for one in (report["packed"], report["plain"], report["unchanged"]):
        assert one["views"] > 0 and one["failed"] == 0 and one["p50_ms"] <= one["p99_ms"]
    assert 0 < report["change_ms"]["median"] <= report["change_ms"]["max"]
    assert 0 < report["large"]["packed_bytes"] < report["large"]["bytes"]


def test_a_flood_of_incidents_is_told_whole(tmp_path):
    report_file = tmp_path / "report.json"
    result = subprocess.run([BENCH / "notify", "--incidents", "200", "--channels", "2", "--json", report_file], capture_output=True, text=True, timeout=120 * PATIENCE)
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads(report_file.read_text())
    assert (report["sent"], report["grouped"], report["dead"]) == (400, 0, 0)
    assert report["planned_s"] <= report["told_s"] and report["notifier_pss_mib"] > 0


def test_what_the_parts_can_do_is_told_of_each(tmp_path):
    report_file = tmp_path / "limits.json"
    result = subprocess.run([BENCH / "limits", "--repeat", "1", "--count", "small", "--json", report_file], capture_output=True, text=True, timeout=300 * PATIENCE)
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads(report_file.read_text())
    costs = {"agent_us", "agent_tls_us", "bus_us", "bus_client_us", "copy_us", "copy_5000_us", "copy_client_us", "upsert_us", "upsert_client_us"}
    assert set(report) == costs | {"rounds", "machine"}
    assert all(report[name] > 0 for name in costs), report
    assert len(report["rounds"]) == 1 and set(report["rounds"][0]) == costs
    assert len(result.stdout.splitlines()) == len(costs) and report["machine"]["cores"] > 0


def test_every_hot_piece_is_measured_and_has_its_row():
    result = subprocess.run([BUILD / "bench/bench-micro", "--benchmark_min_time=0.001", "--benchmark_format=json"], capture_output=True, text=True, timeout=300 * PATIENCE)
    assert result.returncode == 0, result.stdout + result.stderr
    measured = json.loads(result.stdout)["benchmarks"]
    assert [one for one in measured if one.get("error_occurred")] == []
    assert all(one["iterations"] > 0 and one["cpu_time"] > 0 for one in measured)
    section = (BENCH.parent / "docs/performance.md").read_text().partition("## The hot pieces\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(one["name"] for one in measured) == sorted(rows)
