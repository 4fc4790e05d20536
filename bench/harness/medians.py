"""Several runs as one report."""
import statistics

# Of these, the worst of all runs is told beside the medians.
WORST = ("missed", "late", "skipped", "longest_gap_s")


def merge(values: list):
    """The median of numbers, each for itself; of anything else, what the last has. Rows of processes and statements are those of the same name."""
    last = values[-1]
    if isinstance(last, bool) or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        if all(isinstance(v, dict) for v in values):
            return {key: merge(of_key(values, key)) for key in dict.fromkeys(k for v in values for k in v)}
        if all(isinstance(v, list) for v in values) and last and isinstance(last[0], dict):
            return rows(values)
        return last
    found = statistics.median(values)
    return int(found) if all(isinstance(v, int) for v in values) and found == int(found) else round(found, 3)


def of_key(values: list[dict], key: str) -> list:
    """What each has of it; what was counted in some runs alone was 0 in the others."""
    there = [v[key] for v in values if key in v]
    return there + [0] * (len(values) - len(there)) if all(isinstance(v, int) for v in there) else there


def rows(lists: list[list[dict]]) -> list[dict]:
    def named(row: dict) -> tuple:
        return tuple(row[key] for key in ("service", "statement", "name") if key in row)
    return [merge([row for rows_of_one in lists for row in rows_of_one if named(row) == named(model)]) for model in lists[-1]]


def of_runs(reports: list[dict]) -> dict:
    """Medians, each figure for itself, so that sums hold within a run and only nearly between medians; with what each run had, and the plots of the last."""
    if len(reports) == 1:
        return reports[0] | {"repeat": 1}
    timeline = reports[-1]["timeline"]
    runs = [{key: value for key, value in report.items() if key not in ("timeline", "statements", "machine")} for report in reports]
    whole = merge([{key: value for key, value in report.items() if key != "timeline"} for report in reports])
    # No run is steady, settled or without a restart because the last was.
    whole |= {"steady": all(r["steady"] for r in reports), "settled": all(r["settled"] for r in reports), "restarted": sorted({n for r in reports for n in r["restarted"]})}
    worst = {name: max(r[name] for r in reports) for name in WORST} | {
        "errors": max(r["errors"]["total"] for r in reports), "duplicate_incidents": max(r["incidents"]["duplicate"] for r in reports),
        "unfounded_incidents": max(r["incidents"]["unfounded"] for r in reports), "duplicate_notifications": max(r["notifications"]["duplicate"] for r in reports)}
    return whole | {"repeat": len(reports), "worst": worst, "runs": runs, "timeline": timeline}


def sound(report: dict) -> bool:
    """Whether nothing was lost, opened or told that should not be, no reader was left without an answer, and the ledger expected what arithmetic does."""
    return (report["missed"] == 0 and report["expected"] == report["due"] and report["errors"]["total"] == 0 and not report["restarted"] and report["settled"]
            and report.get("readers", {}).get("failed", 0) == 0
            and report["incidents"]["duplicate"] == report["incidents"]["unfounded"] == report["notifications"]["duplicate"] == 0)
