"""Definitions, results and a past that nobody made by checking anything."""
import io
import json
import random

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
MASK = (1 << 64) - 1
SHARDS = 4


def text_of(prefix: str, number: int) -> str:
    """lib/base/id.h"""
    return prefix + "_" + "".join(DIGITS[number >> shift & 31] for shift in range(60, -5, -5))


def stable_hash(x: int) -> int:
    """lib/base/shard.h"""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
    return x ^ x >> 31


class Monitor:
    def __init__(self, number: int, interval_ms: int):
        self.number = number
        self.shard = stable_hash(number) % SHARDS
        self.phase = (stable_hash(number) >> 16) % interval_ms
        self.head = f'{{"monitor":"{text_of("mon", number)}","site":"{text_of("sit", number)}","rev":1,"slot":'


def define(connection, count: int, interval_s: int) -> list[Monitor]:
    """Sites of one monitor each, like the one there is, in region `bench`. The triggers that would tell the services are off."""
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute("insert into region (name, failure_domain) values ('bench', 'bench') returning id")
        cursor.execute("select spec::text, policy::text, kind from monitor limit 1")
        spec, policy, kind = cursor.fetchone()
        first = 1 << 62
        monitors = [Monitor(first + n, interval_s * 1000) for n in range(count)]
        sites = io.StringIO("".join(f"{m.number}\tsite {m.number - first}\n" for m in monitors))
        cursor.copy_expert("copy site (id, name) from stdin", sites)
        rows = io.StringIO("".join(f"{m.number}\t{m.number}\t{m.shard}\t0\t{kind}\tcheck\t{spec}\t{interval_s * 1000}\t5000\t{m.phase}\t{{bench}}\t{policy}\n" for m in monitors))
        cursor.copy_expert("copy monitor (id, site_id, shard, share, kind, name, spec, interval_ms, timeout_ms, phase_ms, regions, policy) from stdin", rows)
        cursor.execute("analyze site; analyze monitor")
    return monitors


GOOD = '{"address":"192.0.2.%d:443","http":{"version":"2"},"tls":{"protocol":"TLSv1.3"}}'
BAD = '{"message":"connection refused by 192.0.2.1:443","address":"192.0.2.1:443","phase":"connect"}'


def result(monitor: Monitor, slot: int, attempt: int, started: int, good: bool) -> str:
    connect, tls, first = random.randint(8000, 14000), random.randint(15000, 30000), random.randint(20000, 90000)
    phases = [600, connect, tls, first, 900, 1500 + connect + tls + first] if good else [600, connect, 0, 0, 0, 600 + connect]
    return (f'{monitor.head}{slot},"attempt":{attempt},"reason":"{"confirm" if attempt else "schedule"}","started_at":{started},"backfilled":false,'
            f'"verdict":"{"up" if good else "down"}","class":"{"none" if good else "connect_refused"}","phases_us":{phases},'
            f'"http_status":{200 if good else 0},"detail":{GOOD % (monitor.number % 250) if good else BAD}}}')


def publish(bus, sent_at: int, results: dict[int, list[str]]):
    """One message a shard, or several where it would be too long."""
    for shard, items in results.items():
        for first in range(0, len(items), 500):
            head = json.dumps({"v": 1, "region": "bench", "agent": "bench-1", "shard": shard, "sent_at": sent_at})[:-1]
            bus.publish(f"sonde.v1.results.{shard}.bench", f'{head}, "results": [{",".join(items[first:first + 500])}]}}'.encode())


DAY_OF_RESULTS = """
insert into result (slot, monitor_id, started_at, received_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us, region_id, attempt, http_status,
                    verdict, failure_class, backfilled, detail, sight_id)
select slot, m, started, started + (total + 150000 + random() * 150000) * interval '1 us', (300 + random() * 800)::int, connect, tls, first_byte, (random() * 1500)::int, total, 1, 0,
       case when bad then 0 else 200 end, case when bad then 2 else 0 end, case when bad then 5 else 0 end, false,
       case when bad then '{"message":"connection refused","address":"192.0.2.1:443"}'::jsonb end, case when bad then null else m end
from (select slot, m, slot + (random() * 300)::int * interval '1 ms' as started, (8000 * exp(0.3 * normal))::int as connect, (15000 * exp(0.25 * normal))::int as tls,
             (40000 * exp(0.4 * normal))::int as first_byte, (65000 * exp(0.3 * normal))::int as total, bad
      from (select %(day)s::timestamptz + k * interval '30 s' + (hashint8(m) & 32767) %% 30000 * interval '1 ms' as slot, m,
                   sqrt(-2 * ln(random() + 1e-9)) * cos(6.283 * random()) as normal, random() < 0.005 as bad
            from generate_series(0, 2879) k, generate_series(1, %(monitors)s) m order by k, m) drawn) x
"""

# Of each monitor: a roll-up a day, and a failure of some minutes every four days. Of one, a decision every three minutes of the last day.
PAST = """
set session_replication_role = replica;
insert into rollup_day
select day::date, m.id, r.id, 1430, 4, 6, 0, 12, 41000, 212000, 100000000, (select array_agg((bucket << 20) + 20 + bucket %% 50 order by bucket) from generate_series(540, 600, 2) bucket)
from monitor m, region r, generate_series(current_date - %(days)s, current_date - 1, interval '1 day') day where r.name = 'bench' and m.id >= %(first)s;
insert into state_edge
select m.id, current_date - %(days)s + n * interval '4 days' + s * interval '7 minutes', case s when 0 then 'down' else 'up' end
from monitor m, generate_series(0, %(days)s / 4) n, generate_series(0, 1) s where m.id >= %(first)s on conflict do nothing;
insert into decision (monitor_id, at, slot, kind, from_state, to_state, reason, votes)
select %(first)s, now() - n * interval '3 minutes', now(), 'suppressed', 'up', 'up', 'confirmation_refuted', '{"rule": "majority", "votes": [{"region": "bench", "verdict": "down", "fresh": true}]}'
from generate_series(479, 0, -1) n;
insert into history_cursor values ('hours', date_trunc('hour', now()), 0), ('days', date_trunc('day', now()), 0) on conflict (name) do update set upto = excluded.upto;
analyze rollup_day; analyze state_edge; analyze decision;
"""
