"""Incidents, events and what was told of them since the measurement began. An incident is there when the transaction of its first entry is committed."""
import statistics

from harness.slots import quantiles, spread
from harness.synthetic import text_of

# The commit of an incident's entry; entries are never changed.
AT = "pg_xact_commit_timestamp(e.xmin)"
# Since the start of the first failing check, as the incident has it.
OPENED = f"extract(epoch from {AT} - i.failing_since) * 1000"
OPENINGS = "incident i join incident_event e on e.incident_id = i.id and e.seq = 1 where i.opened_at >= to_timestamp(%s)"
# Since the start of the first good check after the measurement began of all monitors of its site.
WELL_AGAIN = ("(select min(r.started_at) from result r join monitor m on m.id = r.monitor_id where m.site_id = i.site_id and r.verdict = 0 and r.slot >= to_timestamp(%s))")
ENDINGS = "incident i join incident_event e on e.incident_id = i.id and e.kind = 'resolved' where e.at >= to_timestamp(%s)"
# A site has one incident of a scope for one failure. Where the targets fail once at most, a second one is a duplicate; where they flap, one that began before the other was over.
DUPLICATE = """
select count(*) from incident b where b.opened_at >= to_timestamp(%s) and exists (
    select 1 from incident a where a.site_id = b.site_id and a.scope = b.scope and a.id < b.id
    and (a.resolved_at is null or a.resolved_at > b.failing_since or not exists (select 1 from monitor m where m.site_id = b.site_id and 'flap' = any(m.tags))))
"""
# Incidents without a monitor whose target failed: nothing was wrong.
UNFOUNDED = """
select count(*) from incident i where i.opened_at >= to_timestamp(%s) and not exists (
    select 1 from incident_monitor j join monitor m on m.id = j.monitor_id where j.incident_id = i.id and m.tags && '{fail,flap,blackhole}')
"""


def of_incidents(stack, begin: int) -> dict:
    opened, *times = stack.query(f"select count(*), {spread(OPENED)}, extract(epoch from max({AT}) - to_timestamp(%s)) * 1000 from {OPENINGS}", begin, begin)[0]
    resolved, last_resolved = stack.query(f"select count(*), extract(epoch from max({AT}) - to_timestamp(%s)) * 1000 from {ENDINGS}", begin, begin)[0]
    ends = stack.query(f"select {spread('took')} from (select extract(epoch from {AT} - {WELL_AGAIN}) * 1000 as took from {ENDINGS}) x", begin, begin)[0]
    opening, ending = quantiles(*times[:2]), quantiles(*ends)
    return {"opened": opened, "duplicate": stack.query(DUPLICATE, begin)[0][0], "unfounded": stack.query(UNFOUNDED, begin)[0][0],
            "open_ms_p50": opening["p50"], "open_ms_p99": opening["p99"], "last_open_ms": rounded(times[2]),
            "resolved": resolved, "resolve_ms_p50": ending["p50"], "resolve_ms_p99": ending["p99"], "last_resolved_ms": rounded(last_resolved)}


def page_latency(stack, begin: int, received: list[tuple[str, float]]) -> dict:
    """From the start of the first failing check until the receiver had answered the message that an incident is open."""
    began = {text_of("evt", event): float(since) for event, since in stack.query(
        "select o.id, extract(epoch from i.failing_since) from outbox o join incident i on i.id = o.incident_id where o.kind = 'incident.opened' and o.at >= to_timestamp(%s)", begin)}
    took = sorted((at - began[name]) * 1000 for name, at in received if name in began)
    if len(took) < 2:
        return {"page_ms_p50": rounded(took[0] if took else None), "page_ms_p99": rounded(took[0] if took else None)}
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return {"page_ms_p50": rounded(cuts[49]), "page_ms_p99": rounded(cuts[98])}


def of_notifications(stack, begin: int, received: list[tuple[str, float]]) -> dict:
    """By the notifier's ledger: those that were to be sent, and beside them `not_sent`, by why there was nothing to send. What is a duplicate, the receiver says, by the messages'
    names (webhook-id), and the ledger, by the incidents' entries."""
    states = dict(stack.query("select state, count(*) from delivery where created_at >= to_timestamp(%s) and state <> 'not_sent' group by 1", begin))
    not_sent = dict(stack.query("select reason, count(*) from delivery where created_at >= to_timestamp(%s) and state = 'not_sent' group by 1 order by 1", begin))
    repeated = stack.query("select coalesce(sum(n - 1), 0) from (select count(*) as n from delivery where state = 'sent' and incident_id is not null "
                           "group by incident_id, channel_id, seq, event_kind) s")[0][0]
    return {"planned": sum(states.values()), "sent": states.get("sent", 0), "superseded": states.get("superseded", 0), "dead": states.get("dead", 0),
            "duplicate": len(received) - len({name for name, at in received}) + int(repeated), **page_latency(stack, begin, received), "not_sent": not_sent}


def of_events(stack, begin: int) -> dict[str, int]:
    """What else happened, by kind: a region that was quarantined or a coverage that was lost says why votes counted as they did."""
    return dict(stack.query("select kind, count(*) from outbox where at >= to_timestamp(%s) group by 1 order by 1", begin))


def rounded(value) -> float | None:
    return None if value is None else round(float(value), 1)


def timeline(stack, begin: int) -> dict:
    """How many there were, by seconds since `begin`."""
    def by_second(sql: str, *parameters) -> dict[int, int]:
        return {max(0, int(s)): n for s, n in stack.query(f"select floor(s)::int, count(*) from ({sql}) x group by 1", *parameters)}
    since = "extract(epoch from {} - to_timestamp(%s)) as s"
    counts = {
        "opened": by_second(f"select {since.format(AT)} from {OPENINGS}", begin, begin),
        "resolved": by_second(f"select {since.format(AT)} from {ENDINGS}", begin, begin),
        "planned": by_second(f"select {since.format('created_at')} from delivery where state <> 'not_sent' and created_at >= to_timestamp(%s)", begin, begin),
        "sent": by_second(f"select {since.format('done_at')} from delivery where state = 'sent' and created_at >= to_timestamp(%s)", begin, begin),
    }
    last = max((max(found) for found in counts.values() if found), default=-1)
    report = {"t": list(range(last + 1))}
    for name, found in counts.items():
        total = 0
        report[name] = [total := total + found.get(second, 0) for second in report["t"]]
    return report
