"""The report as people read it."""


def summary(report: dict) -> str:
    lines = [
        f"{report['monitors']} monitors every {report['interval_s']} s in {report['regions']} region(s), {report['duration_s']} s, target {report['target']}",
        f"checks        expected {report['expected']}  completed {report['completed']}  late {report['late']}  missed {report['missed']}"
        f"  confirmations {report['confirmations']}",
        "lateness ms   " + quantiles(report["lateness_ms"]),
        "latency ms    " + quantiles(report["result_latency_ms"]),
        f"longest gap   {report['longest_gap_s']} s",
        "incidents     " + "  ".join(f"{k} {v}" for k, v in report["incidents"].items()),
        "notifications " + "  ".join(f"{k} {v}" for k, v in report["notifications"].items()),
        f"errors        {report['errors']}",
        f"bytes/result  {report['bytes_per_result']}",
        "",
        f"{'process':<14}{'us/check':>10}{'cpu % avg':>11}{'max':>8}{'PSS MiB avg':>13}{'max':>8}",
    ]
    rows = report["processes"] + [{"name": "all", **{k: report[k] for k in ("cpu_us_per_check", "cpu_percent", "pss_mib")}}]
    for row in rows:
        lines.append(f"{row['name']:<14}{row['cpu_us_per_check'] or 0:>10.1f}{row['cpu_percent']['avg']:>11.2f}{row['cpu_percent']['max']:>8.1f}"
                     f"{row['pss_mib']['avg']:>13.1f}{row['pss_mib']['max']:>8.1f}")
    return "\n".join(lines)


def quantiles(values: dict) -> str:
    return "  ".join(f"{name} {value}" for name, value in values.items())
