"""What processes cost: CPU time and memory, by name, from the kernel's account of each."""
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
    """CPU every second, memory every second one. `processes` is name -> pid; those in `parents` are counted with their children. Times are of the wall clock."""

    def __init__(self, processes: dict[str, int], parents: set[str]):
        self.processes = processes
        self.parents = parents
        self.cpu: list[tuple[float, dict[str, float]]] = []  # seconds used since the process began
        self.pss: list[tuple[float, dict[str, float]]] = []  # MiB
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.loop, daemon=True)

    def start(self):
        self.thread.start()

    def stop(self):
        self.ended.set()
        self.thread.join()

    def look(self, with_memory: bool):
        self.cpu.append((time.time(), {n: cpu_seconds(pid, n in self.parents) for n, pid in self.processes.items()}))
        if with_memory:
            self.pss.append((time.time(), {n: memory(pid, n in self.parents) for n, pid in self.processes.items()}))

    def loop(self):
        due, looks = time.monotonic(), 0
        while True:
            self.look(looks % 2 == 0)
            looks += 1
            due += 1
            if self.ended.wait(max(0.0, due - time.monotonic())):
                return
