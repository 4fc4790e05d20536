"""The figures of a report, each from where the truth of it is: the ledger, the results, the incidents, the kernel."""
import pathlib
import re

WINDOW = "slot >= to_timestamp(%s) and slot < to_timestamp(%s)"


def account(stack, begin: int, end: int) -> tuple[int, int, int, int]:
    """Expected, executed, late, missed, over whole minutes, per slot."""
    row = stack.query("select coalesce(sum(expected), 0), coalesce(sum(executed), 0), coalesce(sum(late), 0), coalesce(sum(missed), 0) "
                      "from slot_account where minute >= to_timestamp(%s) and minute < to_timestamp(%s)", begin, end)[0]
    return tuple(int(n) for n in row)


def complete(stack, begin: int, end: int) -> bool:
    """Whether every slot before the end is in the ledger as expected, and none of them is without its result."""
    published = stack.query("select min(published_to) >= to_timestamp(%s) from scheduler_cursor", end)[0][0]
    return bool(published) and account(stack, begin, end)[3] == 0


def percentiles(stack, expression: str, source: str, *parameters) -> dict[str, float]:
    row = stack.query(f"select percentile_cont(array[0.5, 0.9, 0.99]) within group (order by x), max(x) from (select {expression} as x from {source}) s", *parameters)[0]
    p50, p90, p99 = row[0] or (None, None, None)
    return {k: None if v is None else round(float(v), 1) for k, v in {"p50": p50, "p90": p90, "p99": p99, "max": row[1]}.items()}


def of_checks(stack, begin: int, end: int) -> dict:
    expected, completed, late, lost = account(stack, begin, end)
    first = f"result where {WINDOW} and attempt = 0"
    lateness = percentiles(stack, "extract(epoch from started_at - slot) * 1000", first, begin, end)
    latency = percentiles(stack, "extract(epoch from pg_xact_commit_timestamp(xmin) - started_at) * 1000 - total_us / 1000.0", first, begin, end)
    gap = stack.query(f"select coalesce(max(extract(epoch from gap)), 0) from (select started_at - lag(started_at) over "
                      f"(partition by monitor_id, region_id order by slot) as gap from {first}) g", begin, end)[0][0]
    confirmations = stack.query(f"select count(*) from result where {WINDOW} and attempt > 0", begin, end)[0][0]
    return {"expected": expected, "completed": completed, "late": late, "missed": lost, "confirmations": confirmations,
            "lateness_ms": lateness, "result_latency_ms": latency, "longest_gap_s": round(float(gap), 2)}


def of_incidents(stack, begin: int) -> dict:
    opened, duplicate = stack.query("select count(*), count(*) - count(distinct site_id) from incident where opened_at >= to_timestamp(%s)", begin)[0]
    times = percentiles(stack, "extract(epoch from opened_at - failing_since) * 1000", "incident where opened_at >= to_timestamp(%s)", begin)
    last = stack.query("select extract(epoch from max(opened_at) - to_timestamp(%s)) * 1000 from incident where opened_at >= to_timestamp(%s)", begin, begin)[0][0]
    planned, sent = stack.query("select count(*), count(*) filter (where state = 'sent') from delivery")[0]
    repeated = stack.query("select coalesce(sum(n - 1), 0) from (select count(*) as n from delivery d join delivery_attempt a on a.delivery_id = d.id "
                           "where a.http_status between 200 and 299 group by d.incident_id, d.channel_id, d.event_kind) s")[0][0]
    return {"incidents": {"opened": opened, "duplicate": duplicate, "open_ms_p50": times["p50"], "open_ms_p99": times["p99"],
                          "last_open_ms": None if last is None else round(float(last), 1)},
            "notifications": {"planned": planned, "sent": sent, "duplicate": int(repeated)}}


def of_cost(sampler, completed: int) -> dict:
    names = sorted(sampler.processes)
    per_check = {n: 1e6 * sampler.cpu_used(n) / completed if completed else None for n in names}
    rows = [{"name": n, "cpu_us_per_check": round(per_check[n], 1) if completed else None, "cpu_percent": sampler.cpu_percent([n]),
             "pss_mib": sampler.pss_mib([n])} for n in names]
    return {"cpu_us_per_check": round(sum(per_check.values()), 1) if completed else None, "cpu_percent": sampler.cpu_percent(names),
            "pss_mib": sampler.pss_mib(names), "processes": sorted(rows, key=lambda r: -r["cpu_percent"]["avg"])}


def of_disk(stack) -> dict:
    size, rows = stack.query("select coalesce(sum(pg_total_relation_size(inhrelid)), 0), (select count(*) from result) from pg_inherits where inhparent = 'result'::regclass")[0]
    return {"bytes_per_result": round(float(size) / rows, 1) if rows else None}


def of_logs(logs: dict[str, pathlib.Path]) -> dict:
    """Lines of level error: how many, by service, and the first of each."""
    pattern = re.compile(r"^\S+ error |\b(?:ERROR|FATAL|PANIC): |\[ERR\]", re.MULTILINE)
    # While a server starts, those who ask too early are told so; that is not an error.
    starting = re.compile(r"the database system is starting up")
    found = {n: [line for line in log.read_text(errors="replace").splitlines() if pattern.search(line) and not starting.search(line)]
             for n, log in logs.items() if log.exists()}
    found = {n: lines for n, lines in found.items() if lines}
    report = {"total": sum(map(len, found.values())), **{n: len(lines) for n, lines in found.items()}}
    return report | ({"first": {n: lines[0] for n, lines in found.items()}} if found else {})


def processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else "unknown"
