"""Plots as SVG: areas on top of each other, or lines, over seconds. Colours are classes of the page's style; what a place holds is told by its title."""
import html
import math

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 8, 24
MOST_TITLES = 150  # of a plot: places to point at


def step(span: float, most: int = 5) -> float:
    """The distance of at most so many even numbers within `span`."""
    rough = span / most
    power = 10 ** math.floor(math.log10(rough))
    return next(power * n for n in (1, 2, 5, 10) if power * n >= rough)


def short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.3g}"


class Plot:
    """`series` is name -> values, one for each of `t`; the first of them lies lowest."""

    def __init__(self, t: list[float], series: dict[str, list[float]], unit: str, stacked: bool, mark: float | None = None):
        self.t, self.series, self.unit, self.stacked = t, series, unit, stacked
        self.mark = mark if mark is not None and t and t[-1] > mark + 1 else None  # where the measurement ended
        sums = [sum(values) for values in zip(*series.values())] if stacked else [v for values in series.values() for v in values]
        self.top = max(sums, default=0) or 1
        self.last = max(t[-1] if t else 1, 1)

    def x(self, t: float) -> float:
        return round(LEFT + t / self.last * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM), 1)

    def grid(self) -> str:
        parts = []
        distance = step(self.top)
        for n in range(int(self.top / distance) + 1):
            y = self.y(n * distance)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/><text x="{LEFT - 6}" y="{y + 4}" class="right">{short(n * distance)}</text>')
        distance = next((d for d in (5, 10, 15, 30, 60, 120, 300) if self.last / d <= 10), 600)
        for n in range(int(self.last / distance) + 1):
            parts.append(f'<text x="{self.x(n * distance)}" y="{HEIGHT - 6}" class="middle">{n * distance} s</text>')
        return "".join(parts)

    def shapes(self) -> str:
        parts = []
        below = [0.0] * len(self.t)
        for n, values in enumerate(self.series.values()):
            upper = [b + v for b, v in zip(below, values)] if self.stacked else values
            line = [f"{self.x(t)},{self.y(v)}" for t, v in zip(self.t, upper)]
            if self.stacked:
                line += [f"{self.x(t)},{self.y(v)}" for t, v in reversed(list(zip(self.t, below)))]
                parts.append(f'<polygon class="fill c{n}" points="{" ".join(line)}"/>')
                below = upper
            else:
                parts.append(f'<polyline class="line c{n}" points="{" ".join(line)}"/>')
        return "".join(parts)

    def titles(self) -> str:
        every = max(1, math.ceil(len(self.t) / MOST_TITLES))
        places = range(0, len(self.t), every)
        width = round((WIDTH - LEFT - RIGHT) / max(1, len(places)), 2)
        parts = []
        for place in places:
            told = "\n".join(f"{name} {short(values[place])} {self.unit}".rstrip() for name, values in self.series.items())
            parts.append(f'<rect class="place" x="{round(self.x(self.t[place]) - width / 2, 1)}" y="{TOP}" width="{width}" height="{HEIGHT - TOP - BOTTOM}">'
                         f"<title>{html.escape(f'{self.t[place]:g} s')}\n{html.escape(told)}</title></rect>")
        return "".join(parts)

    def svg(self, label: str) -> str:
        mark = ""
        if self.mark is not None:
            x = self.x(self.mark)
            mark = f'<line class="mark" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/><text x="{x - 4}" y="{TOP + 10}" class="right">measured until here</text>'
        return (f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(label)}">{self.grid()}{self.shapes()}{mark}{self.titles()}</svg>')

    def legend(self) -> str:
        return '<ul class="legend">' + "".join(f'<li><span class="key c{n}"></span>{html.escape(name)}</li>' for n, name in enumerate(self.series)) + "</ul>"
