"""What the parts can do on this machine, by bench/limits, and how near each service comes to that."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(__file__).resolve().parents[1] / "limits"
PATIENCE_SECONDS = 900


def there() -> bool:
    return os.access(PROGRAM, os.X_OK)


def measure() -> dict:
    with tempfile.TemporaryDirectory(prefix="sonde-bench-limits-") as directory:
        report = pathlib.Path(directory) / "limits.json"
        done = subprocess.run([PROGRAM, "--json", report], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_SECONDS)
        if done.returncode != 0 or not report.exists():
            sys.exit(f"{PROGRAM.name} ended with {done.returncode}: {done.stderr.strip()}")
        return json.loads(report.read_text())


def ratios(report: dict, found: dict) -> dict:
    """CPU a check of each service by that of the bare part that does the same; those whose limit is not among the figures are left out."""
    used = {row["name"]: row["cpu_us_per_check"] or 0.0 for row in report["processes"]}
    agent = "agent_tls_us" if report["target"] == "tls" else "agent_us"
    parts = {"agent": (sum(us for name, us in used.items() if name.endswith("-1")), [agent]), "nats": (used["nats"], ["bus_us"]), "postgres": (used["postgres"], ["copy_us", "upsert_us"])}
    compared = {}
    for name, (us, keys) in parts.items():
        if all(isinstance(found.get(key), (int, float)) for key in keys):
            limit = sum(found[key] for key in keys)
            compared[name] = {"us": round(us, 1), "limit_us": round(limit, 2), "ratio": round(us / limit, 2) if limit else None, "limit": " + ".join(keys)}
    return compared
