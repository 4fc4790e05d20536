"""The report as one page that holds all it needs, in light and dark."""
import html

from harness.plot import Plot

MOST_PROCESSES = 7  # with a colour of their own
MOST_STATEMENTS = 20

STYLE = """
:root { color-scheme: light dark; --page: #f7f7f5; --card: #fff; --ink: #16181d; --soft: #5c616b; --line: #dfe1e5; --bad: #b3261e;
  --c0: #2a78d6; --c1: #1a9c6d; --c2: #d99200; --c3: #6a4fc0; --c4: #d9483b; --c5: #0f8a9d; --c6: #c2568c; --c7: #9197a1; }
@media (prefers-color-scheme: dark) { :root { --page: #131417; --card: #1c1e22; --ink: #ecedef; --soft: #a3a8b2; --line: #33363d; --bad: #ff8a80;
  --c0: #4a94ea; --c1: #2bb384; --c2: #dba02c; --c3: #9683ea; --c4: #ea6f63; --c5: #35adc0; --c6: #d9769f; --c7: #7b818c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 16px 48px; max-width: 1520px; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 24px; } h2 { margin: 0 0 8px; font-size: 16px; }
header p { margin: 4px 0 0; color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin: 20px 0; padding: 0; list-style: none; }
.tiles li, section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; }
.tiles b { display: block; font-size: 24px; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tiles span, .note { color: var(--soft); font-size: 13px; }
.bad { color: var(--bad); }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 560px), 1fr)); gap: 16px; align-items: start; }
.wide { grid-column: 1 / -1; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { padding: 4px 8px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; } th:first-child, td:first-child { text-align: left; } tfoot td { font-weight: 600; border-bottom: 0; }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--soft); font: 11px system-ui, sans-serif; } .right { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: var(--line); } .mark { stroke: var(--soft); stroke-dasharray: 4 3; } .place { fill: transparent; } .place:hover { fill: var(--ink); fill-opacity: 0.08; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .fill { stroke: var(--card); stroke-width: 0.5; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.key { display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 2px; }
""" + "".join(f".fill.c{n} {{ fill: var(--c{n}); }} .line.c{n} {{ stroke: var(--c{n}); }} .key.c{n} {{ background: var(--c{n}); }}\n" for n in range(MOST_PROCESSES + 1))


def text(value) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else html.escape(str(value))


def table(head: list[str], rows: list[list], foot: list | None = None) -> str:
    def cells(row: list) -> str:
        return "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>"
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    return (f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(map(cells, rows))}</tbody>'
            + (f"<tfoot>{cells(foot)}</tfoot>" if foot else "") + "</table></div>")


def section(title: str, *parts: str, wide: bool = False) -> str:
    mark = ' class="wide"' if wide else ""
    return f"<section{mark}><h2>{html.escape(title)}</h2>{''.join(parts)}</section>"


def note(words: str) -> str:
    return f'<p class="note">{html.escape(words)}</p>'


def plot(title: str, unit: str, line: dict, stacked: bool, mark: float) -> str:
    """`line` has `t` and the series by name."""
    drawn = Plot(line["t"], {name: values for name, values in line.items() if name != "t"}, unit, stacked, mark)
    return section(title, drawn.svg(title), drawn.legend())


def folded(line: dict, order: list[str]) -> dict:
    """The first processes of `order` by themselves, the others in one."""
    own, rest = order[:MOST_PROCESSES], order[MOST_PROCESSES:]
    return {"t": line["t"]} | {n: line[n] for n in own} | ({"others": [sum(values) for values in zip(*(line[n] for n in rest))]} if rest else {})


def tiles(report: dict) -> str:
    def tile(value, words: str, bad: bool = False) -> str:
        mark = ' class="bad"' if bad else ""
        return f"<li><b{mark}>{text(value)}</b><span>{html.escape(words)}</span></li>"
    lost = report["expected"] - report["completed"]
    found = [
        tile(report["completed"], f"checks completed of {report['expected']:,} expected", lost != 0),
        tile(report["missed"], f"missed, {report['late']:,} late", report["missed"] > 0),
        tile(report["lateness_ms"]["p99"], f"ms late starts p99, at most {text(report['lateness_ms']['max'])}"),
        tile(report["result_latency_ms"]["p99"], f"ms from end to commit p99, p50 {text(report['result_latency_ms']['p50'])}"),
        tile(report["cpu_us_per_check"], f"µs CPU a check; {text(report['cpu_percent']['avg'])} % of a core"),
        tile(report["pss_mib"]["avg"], f"MiB memory (PSS), at most {text(report['pss_mib']['max'])}"),
        tile(report["incidents"]["opened"], f"incidents opened, {report['incidents']['duplicate']} duplicate, {report['incidents']['unfounded']} unfounded",
             report["incidents"]["duplicate"] + report["incidents"]["unfounded"] > 0),
        tile(report["notifications"]["sent"], f"notifications sent of {report['notifications']['planned']:,}, {report['notifications']['duplicate']} duplicate",
             report["notifications"]["duplicate"] > 0),
        tile(report["errors"]["total"], "errors in the logs", report["errors"]["total"] > 0),
    ]
    return f'<ul class="tiles">{"".join(found)}</ul>'


def checks(report: dict) -> str:
    rows = [[name, part["monitors"], part["expected"], part["completed"], part["late"], part["missed"], part["lateness_ms"]["p50"], part["lateness_ms"]["p99"], part["lateness_ms"]["max"],
             part["result_latency_ms"]["p50"], part["result_latency_ms"]["p99"]]
            for name, part in [*report["kinds"].items(), *((name, report[name]) for name in ("healthy", "blackholed") if name in report)]]
    late, latency = report["lateness_ms"], report["result_latency_ms"]
    foot = ["all", report["monitors"], *(report[name] for name in ("expected", "completed", "late", "missed")), late["p50"], late["p99"], late["max"], latency["p50"], latency["p99"]]
    return section("Checks", table(["target", "monitors", "expected", "completed", "late", "missed", "late ms p50", "p99", "max", "to commit ms p50", "p99"], rows, foot),
                   note(f"{report['due']:,} slots were due by arithmetic; the ledger expected {report['expected']:,}. The longest gap between two checks of a monitor was {report['longest_gap_s']} s. "
                        f"{report['confirmations']:,} checks were confirmations."), wide=True)


def processes(report: dict) -> str:
    def row(name: str, of: dict) -> list:
        return [name, of["cpu_us_per_check"], of["cpu_percent"]["avg"], of["cpu_percent"]["max"], of["pss_mib"]["avg"], of["pss_mib"]["max"]]
    beside = report["beside_cpu_percent"]
    return section("Processes", table(["process", "µs a check", "CPU % avg", "max", "PSS MiB avg", "max"], [row(p["name"], p) for p in report["processes"]], row("all", report)),
                   note(f"In percent of one core. Not counted: the target {beside['target']} %, this harness {beside['harness']} %, others on the machine {beside['others']} %, "
                        f"taken by its host {beside['stolen']} %."))


def storm(report: dict) -> str:
    found = report["incidents"]
    rows = [["opened", found["opened"], found["open_ms_p50"], found["open_ms_p99"], found["last_open_ms"]],
            ["resolved", found["resolved"], found["resolve_ms_p50"], found["resolve_ms_p99"], found["last_resolved_ms"]]]
    return section("Incidents", table(["", "incidents", "ms p50", "ms p99", "the last after ms"], rows),
                   note("Events: " + (", ".join(f"{name} {count:,}" for name, count in report["events"].items()) or "none") + "."),
                   note("From the start of the first failing, or first good, check to the commit of the incident's entry; the last since the measurement began."))


def database(report: dict) -> str:
    pools = [[name, wait["count"], wait["avg_ms"], wait["p99_at_most_ms"], each["idle"]["avg"], each["active"]["max"], each["busy"]]
             for name, wait in report["pool_wait"].items() for each in (report["connections"][name],)]
    rows = [[f"{s['service']}: {s['statement']}", s["count"], s["total_s"], s["avg_ms"], s["p99_at_most_ms"]] for s in report["statements"][:MOST_STATEMENTS]]
    return (section("Waits for a connection", table(["service", "transactions", "avg ms", "p99 ms at most", "idle", "active at most", "busy on average"], pools), wide=True)
            + section("Statements that took the longest together", table(["statement", "times", "s in all", "avg ms", "p99 ms at most"], rows)))


def bus(report: dict) -> str:
    found = report["bus"]
    rows = [[name.replace("_", " "), value] for name, value in found.items() if name != "streams"] + [[f"into {name}", taken] for name, taken in found["streams"].items() if taken]
    rows += [["bytes of a result on disk", report["bytes_per_result"]], ["bytes of PostgreSQL's log a result", report["log_bytes_per_result"]]]
    return section("Bus and disk", table(["", "in the time measured"], rows))


def limits(report: dict) -> str:
    if "limits" not in report:
        return ""
    rows = [[name, r["us"], r["limit_us"], r["ratio"], r["limit"]] for name, r in report["limits"]["ratios"].items()]
    return section("Beside what the parts can do", table(["service", "µs a check", "µs alone", "ratio", "limit"], rows))


def failures(report: dict) -> str:
    found = report["errors"]
    if not found["total"] and not report["restarted"]:
        return ""
    rows = [[name, count, found["first"].get(name, "")] for name, count in found.items() if name not in ("total", "first") and count] + [[name, 1, "was started again"] for name in report["restarted"]]
    return section("Errors", table(["service", "lines", "the first"], rows))


def page(report: dict) -> str:
    machine = report["machine"]
    title = f"{report['monitors']:,} monitors every {report['interval_s']} s"
    about = f"{report['regions']} region{'s' if report['regions'] > 1 else ''}, target {report['target']}, measured for {report['duration_s']} s"
    if report["repeat"] > 1:
        about += f", medians of {report['repeat']} runs, plots of the last"
    made = (f"{machine['cores']} cores, {machine['processor']}, {machine['memory_gib']} GiB, kernel {machine['kernel']}, PostgreSQL {machine['postgresql']}, nats-server {machine['nats_server']}, "
            f"load {machine['load_at_begin'][0]} at the beginning" + (f", revision {machine['revision']}" if machine["revision"] else ""))
    order = [row["name"] for row in report["processes"]]
    lines, mark = report["timeline"], report["duration_s"]
    plots = [plot("CPU, percent of one core", "%", folded(lines["cpu"], order), True, mark), plot("Memory (PSS), MiB", "MiB", folded(lines["pss"], order), True, mark),
             plot("Lateness of starts, ms", "ms", lines["lateness"], False, mark)]
    if lines["storm"]["t"]:
        plots.append(plot("Incidents and notifications so far", "", lines["storm"], False, mark))
    unsound = "" if report["steady"] and report["settled"] else f'<p class="bad">Steady when it began: {report["steady"]}. Settled in the end: {report["settled"]}.</p>'
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header><h1>{html.escape(title)}</h1><p>{html.escape(about)}</p><p>{html.escape(made)}</p>{unsound}</header>
{tiles(report)}
<main>
{''.join(plots)}{checks(report)}{processes(report)}{storm(report)}{database(report)}{bus(report)}{limits(report)}{failures(report)}
</main>
</body>
</html>
"""
