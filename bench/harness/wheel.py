"""Makes monitors fail in every second slot, by the slot's own number.

A slot's number is (its time − phase) / interval. Monitors with like phases share a mark, a file that makes their answers fail while it is there; each mark comes and goes shortly before the
first slot of its monitors, and stays for a whole interval, so that confirmations of a slot are answered as the slot was.
"""
import pathlib
import threading
import time

GROUPS = 64
AHEAD = 0.2  # seconds before the slot; no check of the slot before is that late


class Wheel:
    def __init__(self, marks: pathlib.Path, interval_s: int):
        self.groups = marks / "groups"
        self.flap = marks / "flap"
        self.groups.mkdir()
        self.flap.mkdir()
        self.interval = interval_s
        self.latest = 0.0  # seconds that a mark was moved behind its time
        self.ended = threading.Event()
        self.thread: threading.Thread | None = None

    def know(self, phases: dict[int, int]):
        """Which mark is whose: phases in ms, by the monitor's number."""
        for number, phase in phases.items():
            (self.flap / str(number)).symlink_to(f"../groups/{phase * GROUPS // (self.interval * 1000)}")

    def start(self, begin: float):
        """From the first odd slot after `begin` on."""
        self.thread = threading.Thread(target=self.turn, args=(begin,), daemon=True)
        self.thread.start()

    def turn(self, begin: float):
        step = self.interval / GROUPS
        n = int(begin / step) + 1
        while not self.ended.wait(max(0.0, n * step - AHEAD - time.time())):
            self.latest = max(self.latest, time.time() - (n * step - AHEAD))
            mark = self.groups / str(n % GROUPS)
            if n // GROUPS % 2:
                mark.touch()
            else:
                mark.unlink(missing_ok=True)
            n += 1

    def stop(self):
        self.ended.set()
        if self.thread:
            self.thread.join()
