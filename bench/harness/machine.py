"""What a run was made on, and what else that machine did meanwhile."""
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TICK = os.sysconf("SC_CLK_TCK")


def found(pattern: str, path: str) -> str:
    matched = re.search(pattern, pathlib.Path(path).read_text(), re.MULTILINE)
    return matched[1] if matched else "unknown"


def processor() -> str:
    return found(r"^model name\s*:\s*(.+)$", "/proc/cpuinfo")


def memory_gib() -> float:
    return round(int(found(r"^MemTotal:\s*(\d+)", "/proc/meminfo")) / (1 << 20), 1)


def revision() -> str | None:
    """Of the tree this is in; `+` is for changes that are not in it. None where there is none."""
    def git(*arguments) -> subprocess.CompletedProcess:
        return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True)
    try:
        named = git("rev-parse", "--short=10", "HEAD")
        return named.stdout.strip() + ("+" if git("status", "--porcelain", "--untracked-files=no").stdout.strip() else "") if named.returncode == 0 else None
    except FileNotFoundError:
        return None


def describe() -> dict:
    return {"cores": os.cpu_count(), "processor": processor(), "memory_gib": memory_gib(), "kernel": platform.release(), "load_at_begin": [round(x, 2) for x in os.getloadavg()],
            "revision": revision()}


def busy_seconds() -> dict[str, float]:
    """Of all cores since boot, as the kernel counts them: what ran here, and what the host kept for others."""
    user, nice, system, _, _, interrupts, soft, steal = (int(n) / TICK for n in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9])
    return {"busy": user + nice + system + interrupts + soft, "steal": steal}


def own_seconds() -> float:
    """Of this process, which seeds and samples."""
    used = os.times()
    return used.user + used.system
