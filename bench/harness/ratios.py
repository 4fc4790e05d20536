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


def compared(report: dict, found: dict) -> dict:
    """CPU a check of each service by that of the bare part that does the same; those whose limit is not among the figures are left out."""
    used = {row["name"]: row["cpu_us_per_check"] or 0.0 for row in report["processes"]}
    parts = {
        "agent": (sum(us for name, us in used.items() if name.endswith("-1")), {"agent_tls_us" if report["target"] == "tls" else "agent_us": 1}),
        "nats": (used["nats"], {"bus_us": 2}),  # the job goes there, and the result
        "postgres": (used["postgres"], {"copy_us": 1, "upsert_us": 1}),
        "engine": (used["engine"], {"copy_client_us": 1, "upsert_client_us": 1}),
    }
    ratios = {}
    for name, (us, keys) in parts.items():
        if all(isinstance(found.get(key), (int, float)) for key in keys):
            limit = sum(times * found[key] for key, times in keys.items())
            words = " + ".join(key if times == 1 else f"{times} {key}" for key, times in keys.items())
            ratios[name] = {"us": round(us, 1), "limit_us": round(limit, 2), "ratio": round(us / limit, 2) if limit else None, "limit": words}
    return ratios
