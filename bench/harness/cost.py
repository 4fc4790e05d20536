"""CPU and memory of a report, from a sampler's looks. Percent are of one core."""


class Cost:
    """Of the looks between two instants; the last look counts that is not half a second after the end."""

    def __init__(self, sampler, begin: float, end: float):
        self.names = sorted(sampler.processes)
        self.cpu = [(at, used) for at, used in sampler.cpu if begin - 0.5 < at < end + 0.5]
        self.pss = [(at, used) for at, used in sampler.pss if begin - 0.5 < at < end + 0.5]

    def used(self, names: list[str]) -> float:
        """Seconds of CPU."""
        return sum(self.cpu[-1][1][n] - self.cpu[0][1][n] for n in names)

    def rates(self, names: list[str]) -> list[float]:
        """Percent of each second."""
        return [100 * sum(b[n] - a[n] for n in names) / (t - s) for (s, a), (t, b) in zip(self.cpu, self.cpu[1:])]

    def percent(self, names: list[str]) -> dict[str, float]:
        """Over the whole time, and in the worst second."""
        return {"avg": round(100 * self.used(names) / (self.cpu[-1][0] - self.cpu[0][0]), 2), "max": round(max(self.rates(names)), 2)}

    def mib(self, names: list[str]) -> dict[str, float]:
        sums = [sum(used[n] for n in names) for _, used in self.pss]
        return {"avg": round(sum(sums) / len(sums), 1), "max": round(max(sums), 1)}

    def report(self, completed: int) -> dict:
        """By process and in sum. The cost of a check is all CPU of the time by the checks completed of its slots."""
        def of(names: list[str]) -> dict:
            per_check = round(1e6 * self.used(names) / completed, 1) if completed else None
            return {"cpu_us_per_check": per_check, "cpu_percent": self.percent(names), "pss_mib": self.mib(names)}
        rows = [{"name": n} | of([n]) for n in self.names]
        return of(self.names) | {"processes": sorted(rows, key=lambda r: -r["cpu_percent"]["avg"])}

    def timeline(self, begin: float) -> dict:
        """For plots: seconds since `begin`, and of each process its share of each second and its memory."""
        return {
            "cpu": {"t": [round(at - begin, 1) for at, _ in self.cpu[1:]]} | {n: [round(x, 2) for x in self.rates([n])] for n in self.names},
            "pss": {"t": [round(at - begin, 1) for at, _ in self.pss]} | {n: [round(used[n], 1) for _, used in self.pss] for n in self.names},
        }
