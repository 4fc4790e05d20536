"""The past: told as it was, and worked on by control planes that are killed under way."""
import csv
import io
import time

from waiting import eventually

RESULTS = 5 * 2 * 1440


def configure(stack, **keys):
    """Keys of the control plane, which is then started anew."""
    path = next((stack.data / "config").glob("controlplane*.yaml"))
    path.write_text(path.read_text() + "".join(f"{key}: {value}\n" for key, value in keys.items()))
    stack.back("controlplane", stack.kill("controlplane"))


def a_day_of_results(stack):
    """Of three days ago: five monitors in two regions, a result a minute. And as if nothing had been rolled up yet."""
    stack.query("select make_partition('result', 'result_' || to_char(day, 'YYYYMMDD'), day::text, (day + interval '1 day')::text) "
                "from (select date_trunc('day', now() at time zone 'utc') - interval '3 days' as day) d")
    # Locked, so that a part of the work on the past that is under way does not write its cursor back.
    stack.query("""
        lock table history_cursor in access exclusive mode;
        with new as (
            insert into result (slot, monitor_id, started_at, received_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us, region_id, attempt,
                                http_status, verdict, failure_class, backfilled)
            select slot, m.id, slot, slot + interval '200 ms', 10, 2000, 0, 3000 + k, 40, 6000 + 5 * k, r.id, 0, 200, 0, 0, false
            from monitor m, region r, generate_series(0, 1439) k, lateral (select date_trunc('day', now() at time zone 'utc') at time zone 'utc' - interval '3 days' + k * interval '1 minute' as slot) s
            where r.name in ('eu', 'us') and m.name like 'old %%' returning 1),
        begun as (delete from history_cursor returning 1)
        select count(*) from new""")


def test_days_are_rolled_up_and_packed_once_whoever_dies_meanwhile(stack, target):
    site = stack.site("history")
    monitors = [stack.monitor(site, target.url, name=f"old {n}", regions=["eu", "us"]) for n in range(5)]
    before = stack.get(f"/v1/monitors/{monitors[0]}/results?limit=1")
    a_day_of_results(stack)
    assert before is not None
    configure(stack, **{"history.every": "1s", "history.results_at_once": 700, "history.monitors_at_once": 2})
    packed = "select coalesce((select sum(results) from result_packed), 0)"
    for _ in range(4):
        time.sleep(1.5)
        stack.back("controlplane", stack.kill("controlplane"))
    eventually(lambda: stack.query(packed)[0][0] == RESULTS, 120, "the day is packed")
    day = stack.query("select sum(up), min(min_us), max(max_us), count(*) from rollup_day where up > 1000")[0]
    assert day == (RESULTS, 6000, 6000 + 5 * 1439, 10)
    assert stack.query("select sum(up) from rollup_hour where up = 60")[0][0] == RESULTS
    # It reads as before, walked from the newest to the oldest.
    url, seen = f"/v1/monitors/{monitors[0]}/results?limit=500&to=" + time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - 86400)), []
    cursor = ""
    while cursor is not None:
        page = stack.get(url + (f"&cursor={cursor}" if cursor else ""))
        seen += [(r["slot"], r["region"]) for r in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 2 * 1440 and seen == sorted(seen, key=lambda s: s[0], reverse=True)


def test_an_outage_is_in_uptime_and_report(stack, target):
    site = stack.site("shop, \"main\"")
    monitor = stack.monitor(site, target.url)
    stack.wait_up_everywhere(monitor)
    target.stop()
    eventually(lambda: stack.state(monitor) == "down", 30, "it is down")
    time.sleep(1)
    target.start()
    eventually(lambda: stack.state(monitor) == "up", 40, "it is up")
    uptime = stack.get(f"/v1/sites/{site}/uptime?spans=true")
    states = [s["state"] for s in uptime["spans"]]
    assert states[-3:] == ["up", "down", "up"], states
    assert all(a["to"] == b["from"] for a, b in zip(uptime["spans"], uptime["spans"][1:]))
    down = uptime["seconds"]["down"]
    assert down >= 1 and uptime["outages"] == 1 and 0 < uptime["uptime_percent"] < 100
    incident = stack.incidents(site)[0]
    report = stack.get(f"/v1/sites/{site}/report?period=today&slo=99.9&time_zone=Pacific/Auckland")
    assert report["incidents"]["count"] == 1 and report["incidents"]["open"] == 0 and incident["state"] == "resolved"
    assert abs(report["down_seconds"] - down) < 1 and report["error_budget"]["used_seconds"] == report["down_seconds"]
    assert report["monitors"][0]["monitor_id"] == monitor
    text = stack.call("GET", f"/v1/sites/{site}/report?format=csv").text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [r["row"] for r in rows] == ["site", "monitor"] and rows[0]["name"] == "shop, \"main\"" and float(rows[1]["down_seconds"]) >= 1
