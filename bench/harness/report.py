"""The report as people read it in a terminal."""


def summary(report: dict) -> str:
    machine = report["machine"]
    lines = [
        f"{report['monitors']} monitors every {report['interval_s']} s in {report['regions']} region(s), {report['duration_s']} s, target {report['target']}"
        + (f", medians of {report['repeat']} runs" if report["repeat"] > 1 else ""),
        f"machine       {machine['cores']} cores, {machine['processor']}, kernel {machine['kernel']}, PostgreSQL {machine['postgresql']}, nats-server {machine['nats_server']}, "
        f"load {machine['load_at_begin'][0]} at the beginning, revision {machine['revision']}",
        f"checks        {counts(report)}  due {report['due']}  confirmations {report['confirmations']}",
        "lateness ms   " + pairs(report["lateness_ms"]),
        "latency ms    " + pairs(report["result_latency_ms"]),
        f"longest gap   {report['longest_gap_s']} s",
    ]
    for name in ("healthy", "blackholed"):
        if name in report:
            lines.append(f"{name:<14}{counts(report[name])}  lateness ms {pairs(report[name]['lateness_ms'])}")
    if "readers" in report:
        lines.append("readers       " + pairs(report["readers"]))
    bus = report["bus"]
    lines += [
        "incidents     " + pairs(report["incidents"]),
        "notifications " + pairs({k: v for k, v in report["notifications"].items() if v != {}}),
        *([f"events        {pairs(report['events'])}"] if report["events"] else []),
        f"errors        {report['errors']['total']}" + (f"  {pairs(report['errors']['first'])}" if report["errors"]["total"] else "")
        + (f"  restarted {report['restarted']}" if report["restarted"] else ""),
        f"bus           {bus['messages_per_check']} messages and {bus['bytes_per_check']} bytes a check, in and out",
        f"disk          {report['bytes_per_result']} bytes a result, {report['log_bytes_per_result']} of log",
        "pool wait     " + "  ".join(f"{name} avg {wait['avg_ms']} ms, p99 at most {wait['p99_at_most_ms']} ms, of {wait['count']}" for name, wait in report["pool_wait"].items()),
        "connections   " + "  ".join(f"{name} {each['idle']['avg']} idle, {each['active']['max']} active at most, {each['busy']} busy on average" for name, each in report["connections"].items()),
        "beside, cpu % " + pairs(report["beside_cpu_percent"]),
    ]
    if not report["steady"] or not report["settled"]:
        lines.append(f"NOT SOUND     steady when it began: {report['steady']}; settled in the end: {report['settled']}, after {report['settle_s']} s")
    if "worst" in report:
        lines.append("worst run     " + pairs(report["worst"]))
    if "limits" in report:
        lines += [f"limit         {name}: {r['us']} us a check, {r['limit']} {r['limit_us']} us, ratio {r['ratio']}" for name, r in report["limits"]["ratios"].items()]
    lines += ["", f"{'process':<14}{'us/check':>10}{'cpu % avg':>11}{'max':>8}{'PSS MiB avg':>13}{'max':>8}"]
    for row in report["processes"] + [{"name": "all", **{k: report[k] for k in ("cpu_us_per_check", "cpu_percent", "pss_mib")}}]:
        lines.append(f"{row['name']:<14}{row['cpu_us_per_check'] or 0:>10.1f}{row['cpu_percent']['avg']:>11.2f}{row['cpu_percent']['max']:>8.1f}"
                     f"{row['pss_mib']['avg']:>13.1f}{row['pss_mib']['max']:>8.1f}")
    return "\n".join(lines)


def counts(values: dict) -> str:
    return "  ".join(f"{name} {values[name]}" for name in ("expected", "completed", "late", "missed"))


def pairs(values: dict) -> str:
    return "  ".join(f"{name} {value}" for name, value in values.items())
