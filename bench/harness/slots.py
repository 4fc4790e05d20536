"""What became of slots. Sums are the ledger's, per slot; times are those of the results' rows and of their transactions' commits."""

WINDOW = "r.slot >= to_timestamp(%s) and r.slot < to_timestamp(%s) and r.attempt = 0"
LATENESS = "extract(epoch from r.started_at - r.slot) * 1000"
# Needs track_commit_timestamp, which `sonde up` has on.
LATENCY = "extract(epoch from pg_xact_commit_timestamp(r.xmin) - r.started_at) * 1000 - r.total_us / 1000.0"
# How many slots of a monitor are between two instants in ms: those of number k at phase + k·interval.
DUE = "(div(%s - 1 - m.phase_ms, m.interval_ms) - div(%s - 1 - m.phase_ms, m.interval_ms)) * cardinality(m.regions)"


def account(stack, begin: int, end: int) -> dict[str, int]:
    """By the ledger, over whole minutes, per slot: written by the scheduler and the engine in the transactions that make it true."""
    row = stack.query("select coalesce(sum(expected), 0), coalesce(sum(executed), 0), coalesce(sum(late), 0), coalesce(sum(missed), 0), coalesce(sum(skipped), 0) "
                      "from slot_account where minute >= to_timestamp(%s) and minute < to_timestamp(%s)", begin, end)[0]
    return dict(zip(("expected", "completed", "late", "missed", "skipped"), map(int, row)))


def due(stack, begin: int, end: int) -> int:
    """By arithmetic alone, from the monitors' phases and intervals: what the ledger must have expected. All monitors must have been there at `begin`."""
    return int(stack.query(f"select coalesce(sum({DUE}), 0) from monitor m where m.deleted_at is null", end * 1000, begin * 1000)[0][0])


def complete(stack, begin: int, end: int) -> bool:
    """Whether every slot before the end is in the ledger as expected, and none of them is without its result."""
    published = stack.query("select min(published_to) >= to_timestamp(%s) from scheduler_cursor", end)[0][0]
    return bool(published) and account(stack, begin, end)["missed"] == 0


def outstanding(stack) -> int:
    """Slots in the ledger that have no result yet, of this minute and the one before."""
    return int(stack.query("select coalesce(sum(expected - executed - skipped), 0) from slot_ledger where minute >= date_trunc('minute', now()) - interval '1 minute'")[0][0])


def quantiles(found: list | None, most=None) -> dict[str, float | None]:
    p50, p90, p99 = found or (None, None, None)
    return {k: None if v is None else round(float(v), 1) for k, v in {"p50": p50, "p90": p90, "p99": p99, "max": most}.items()}


def spread(expression: str) -> str:
    """Columns: its percentiles, and its maximum."""
    return f"percentile_cont(array[0.5, 0.9, 0.99]) within group (order by {expression}), max({expression})"


def times(stack, begin: int, end: int) -> dict:
    """How long after its slot each check started, and how long after its end its row was committed, there for whoever asks."""
    late, late_most, latency, latency_most = stack.query(f"select {spread(LATENESS)}, {spread(LATENCY)} from result r where {WINDOW}", begin, end)[0]
    return {"lateness_ms": quantiles(late, late_most), "result_latency_ms": quantiles(latency, latency_most)}


def by(stack, label: str, begin: int, end: int) -> dict[str, dict]:
    """Monitors apart, by an expression over them. Expected is arithmetic and completed the number of results, since the ledger knows no single monitors."""
    owed = stack.query(f"select {label}, count(*), sum({DUE}) from monitor m where m.deleted_at is null group by 1 order by 1", end * 1000, begin * 1000)
    seen = {row[0]: row[1:] for row in stack.query(
        f"select {label}, count(*), count(*) filter (where r.started_at > r.slot + interval '1 second'), count(*) filter (where r.verdict = 0), {spread(LATENESS)}, {spread(LATENCY)} "
        f"from result r join monitor m on m.id = r.monitor_id where {WINDOW} group by 1", begin, end)}
    report = {}
    for name, monitors, expected in owed:
        completed, late, good, *spreads = seen.get(name, (0, 0, 0, None, None, None, None))
        report[name] = {"monitors": monitors, "expected": int(expected), "completed": completed, "late": late, "missed": int(expected) - completed, "good": good,
                        "lateness_ms": quantiles(*spreads[:2]), "result_latency_ms": quantiles(*spreads[2:])}
    return report


def longest_gap(stack, begin: int, end: int) -> float:
    """Seconds between two successive starts of one monitor in one region, the last before the measurement and its end included: who stopped is seen."""
    return round(float(stack.query(
        "select coalesce(max(extract(epoch from next - started_at)), 0) from (select started_at, coalesce(lead(started_at) over (partition by monitor_id, region_id order by slot), "
        "to_timestamp(%s)) as next from result r where r.slot >= to_timestamp(%s) - 2 * (select max(interval_ms) * interval '1 ms' from monitor) and r.slot < to_timestamp(%s) "
        "and attempt = 0) g where next > to_timestamp(%s)", end, begin, end, begin)[0][0]), 2)


def confirmations(stack, begin: int, end: int) -> int:
    return stack.query(f"select count(*) from result r where {WINDOW.replace('r.attempt = 0', 'r.attempt > 0')}", begin, end)[0][0]


def alternation(stack, begin: int, end: int) -> dict:
    """Of monitors that flap: how many pairs of successive checks there were, and how many of those differed as they should."""
    pairs, alternated = stack.query(
        "select count(*), count(*) filter (where differs) from (select (r.verdict = 0) <> (lag(r.verdict) over (partition by r.monitor_id, r.region_id order by r.slot) = 0) as differs "
        f"from result r join monitor m on m.id = r.monitor_id where {WINDOW} and 'flap' = any(m.tags)) p where differs is not null", begin, end)[0]
    return {"pairs": pairs, "alternated": alternated}


def timeline(stack, begin: int, end: int) -> dict:
    """Lateness by the second of the slot."""
    rows = stack.query(f"select floor(extract(epoch from r.slot) - %s)::int, {spread(LATENESS)} from result r where {WINDOW} group by 1 order by 1", begin, begin, end)
    return {"t": [row[0] for row in rows], "p50": [round(float(row[1][0]), 1) for row in rows], "p99": [round(float(row[1][2]), 1) for row in rows],
            "max": [round(float(row[2]), 1) for row in rows]}
