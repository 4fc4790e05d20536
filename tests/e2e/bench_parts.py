"""The smaller benchmarks run, and what they tell adds up. What they measure is not judged here."""
import json
import pathlib
import re
import subprocess

from stack import BUILD
from waiting import PATIENCE

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"


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


def test_requests_among_many_monitors_are_told_each(tmp_path):
    report_file = tmp_path / "report.json"
    result = subprocess.run([BENCH / "api", "--monitors", "1500", "--sites", "300", "--times", "2", "--listeners", "3", "--json", report_file], capture_output=True, text=True, timeout=120 * PATIENCE)
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads(report_file.read_text())
    assert len(report["figures"]) > 25 and len(result.stdout.splitlines()) == len(report["figures"]) + 1 and report["listeners"]["listeners"] == 3
    for one in report["figures"]:
        assert 0 < one["median_ms"] <= one["p99_ms"] <= one["max_ms"], one["what"]


def test_applying_files_is_told_step_by_step():
    result = subprocess.run([BENCH / "apply", "--monitors", "40", "--times", "1", "--beside", "60"], capture_output=True, text=True, timeout=120 * PATIENCE)
    assert result.returncode == 0, result.stdout + result.stderr
    first, *rows = result.stdout.splitlines()
    assert first == "40 monitors on 2 sites, beside 60 others"
    assert [row.split("  ")[0] for row in rows] == ["plan of all, new", "apply, all new", "plan, unchanged", "apply, unchanged", "apply, one site"]
