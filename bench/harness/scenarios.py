"""The runs that docs/performance.md tells of, as a table, and the table that their reports make."""
import dataclasses
import json
import pathlib


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    what: str
    monitors: int
    interval: int
    regions: int = 1
    target: str = "ok"

    def command(self, share: float, duration: int, report: pathlib.Path) -> list[str]:
        """`share` of the monitors, for a machine that has no room for all."""
        monitors = max(1, round(self.monitors * share))
        return ["--monitors", str(monitors), "--interval", str(self.interval), "--regions", str(self.regions), "--target", self.target, "--duration", str(duration), "--json", str(report)]


# The least interval is 5 s: 1,500 monitors then make the 300 checks a second at which the cost of a check is compared.
SCENARIOS = {scenario.name: scenario for scenario in (
    Scenario("4k", "4,000 at 30 s", 4_000, 30),
    Scenario("10k-minute", "10,000 at 60 s", 10_000, 60),
    Scenario("10k", "10,000 at 30 s", 10_000, 30),
    Scenario("10k-blackhole", "10,000 at 30 s, one in a hundred never answers", 10_000, 30, target="blackhole:1%"),
    Scenario("10k-tls", "10,000 at 30 s, HTTPS", 10_000, 30, target="tls"),
    Scenario("10k-flap", "10,000 at 30 s, every second slot fails", 10_000, 30, target="flap"),
    Scenario("30k-regions", "30,000 at 30 s in three regions", 30_000, 30, regions=3),
    Scenario("100k", "100,000 at 30 s", 100_000, 30),
    Scenario("100k-fail", "100,000 at 30 s, all fail at once", 100_000, 30, target="fail"),
    Scenario("100k-recover", "100,000 at 30 s, all recover at once", 100_000, 30, target="recover"),
    Scenario("1500-quick", "1,500 at 5 s", 1_500, 5),
)}

COLUMNS = ("", "expected, late, missed", "start p50, p99, max, ms", "to commit p50, p99, ms", "µs CPU a check", "CPU %, avg, max", "PSS MiB, avg, max",
           "incidents, duplicate; open p50, p99, last, ms", "notifications, sent, duplicate; to the receiver p50, p99, ms", "messages, bytes a check", "errors")


def text(value) -> str:
    return "–" if value is None else f"{value:,.0f}" if isinstance(value, float) and value >= 100 else f"{value:,}"


def row(scenario: Scenario, report: dict) -> str:
    late, latency, found, told, bus = (report[name] for name in ("lateness_ms", "result_latency_ms", "incidents", "notifications", "bus"))
    name = scenario.what
    if report["monitors"] != scenario.monitors:
        name += f" (with {report['monitors']:,} monitors)"
    if report["repeat"] > 1:
        name += f", medians of {report['repeat']}"
    cells = [name, [report["expected"], report["late"], report["missed"]], [late["p50"], late["p99"], late["max"]], [latency["p50"], latency["p99"]], [report["cpu_us_per_check"]],
             list(report["cpu_percent"].values()), list(report["pss_mib"].values()),
             [found["opened"], found["duplicate"]], [told["planned"], told["sent"], told["duplicate"]], [bus["messages_per_check"], bus["bytes_per_check"]], [report["errors"]["total"]]]
    told_cells = [cell if isinstance(cell, str) else ", ".join(map(text, cell)) for cell in cells]
    if found["opened"]:
        told_cells[7] += "; " + ", ".join(text(found[key]) for key in ("open_ms_p50", "open_ms_p99", "last_open_ms"))
        told_cells[8] += "; " + ", ".join(text(told[key]) for key in ("page_ms_p50", "page_ms_p99"))
    return "| " + " | ".join(told_cells) + " |"


def apart(scenario: Scenario, report: dict) -> str:
    """Of those that are answered where others are not."""
    healthy = report["healthy"]
    values = (", ".join(text(healthy[key]) for key in ("expected", "late", "missed")), ", ".join(text(healthy["lateness_ms"][key]) for key in ("p50", "p99", "max")),
              ", ".join(text(healthy["result_latency_ms"][key]) for key in ("p50", "p99")))
    return "| " + " | ".join([f"{scenario.what}: the healthy", *values, *[""] * (len(COLUMNS) - 4)]) + " |"


def table(directory: pathlib.Path) -> str:
    """Markdown, of the reports that are there."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for scenario in SCENARIOS.values():
        path = directory / f"{scenario.name}.json"
        if path.exists():
            report = json.loads(path.read_text())
            lines.append(row(scenario, report))
            if "healthy" in report:
                lines.append(apart(scenario, report))
    return "\n".join(lines) + "\n"
