"""What processes cost: CPU time and memory, once a second, by name."""
import os
import pathlib
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


def fields(pid: int) -> list[str]:
    """Of /proc/<pid>/stat, from field 3 on."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children(pid: int) -> list[int]:
    return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def pss_mib(pid: int) -> float:
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def guarded(read, pid: int, fallback):
    """Processes end while they are looked at."""
    try:
        return read(pid)
    except (FileNotFoundError, ProcessLookupError):
        return fallback


def cpu_seconds(pid: int, with_children: bool) -> float:
    """Used since its start. `with_children`: those that live, and those that have ended and were waited for."""
    def own(p: int) -> float:
        stat = fields(p)
        return sum(int(n) for n in stat[11:13]) / TICK
    if not with_children:
        return guarded(own, pid, 0.0)
    ended = sum(int(n) for n in guarded(fields, pid, ["0"] * 20)[13:15]) / TICK
    return guarded(own, pid, 0.0) + ended + sum(guarded(own, c, 0.0) for c in guarded(children, pid, []))


def memory(pid: int, with_children: bool) -> float:
    pids = [pid] + (guarded(children, pid, []) if with_children else [])
    return sum(guarded(pss_mib, p, 0.0) for p in pids)


class Sampler:
    """`processes` is name -> pid; those in `parents` are counted with their children."""

    def __init__(self, processes: dict[str, int], parents: set[str]):
        self.processes = processes
        self.parents = parents
        self.cpu: dict[str, list[tuple[float, float]]] = {n: [] for n in processes}
        self.pss: dict[str, list[float]] = {n: [] for n in processes}
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.loop, daemon=True)

    def start(self):
        self.thread.start()

    def stop(self):
        self.ended.set()
        self.thread.join()

    def loop(self):
        due = time.monotonic()
        while True:
            for name, pid in self.processes.items():
                self.cpu[name].append((time.monotonic(), cpu_seconds(pid, name in self.parents)))
                self.pss[name].append(memory(pid, name in self.parents))
            due += 1
            if self.ended.wait(max(0.0, due - time.monotonic())):
                return

    def cpu_used(self, name: str) -> float:
        return self.cpu[name][-1][1] - self.cpu[name][0][1]

    def cpu_percent(self, names: list[str]) -> dict[str, float]:
        """Of one core: over the whole time, and in the worst second."""
        samples = [(self.cpu[names[0]][i][0], sum(self.cpu[n][i][1] for n in names)) for i in range(len(self.cpu[names[0]]))]
        rates = [100 * (b[1] - a[1]) / (b[0] - a[0]) for a, b in zip(samples, samples[1:])]
        whole = 100 * (samples[-1][1] - samples[0][1]) / (samples[-1][0] - samples[0][0])
        return {"avg": round(whole, 2), "max": round(max(rates), 2)}

    def pss_mib(self, names: list[str]) -> dict[str, float]:
        sums = [sum(self.pss[n][i] for n in names) for i in range(len(self.pss[names[0]]))]
        return {"avg": round(sum(sums) / len(sums), 1), "max": round(max(sums), 1)}
