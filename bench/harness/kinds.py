"""How the targets of bench/scale behave, and which monitor has which."""
import argparse
import dataclasses

SLOW_SECONDS = 2
MOST_HOSTS = 2000


@dataclasses.dataclass(frozen=True)
class Kind:
    """`warm` is the state of its monitors before the measurement, `measured` the one they come to in it; none, if they come to none. `argument`: how it is written, if it has one."""
    name: str
    what: str
    warm: str = "up"
    measured: str | None = "up"
    argument: str = ""


KINDS = {kind.name: kind for kind in (
    Kind("ok", "always well"),
    Kind("fail", "well until the measurement begins, then every check fails", measured="down"),
    Kind("recover", "failing until the measurement begins, then well", warm="down"),
    Kind("flap", "well until the measurement begins, then every second slot of each monitor fails", measured=None),
    Kind("slow", f"the whole answer is there after {SLOW_SECONDS} s"),
    Kind("tls", "HTTPS with a P-256 certificate of an authority of its own, verified"),
    Kind("hosts", "N host names with an address each, from a name server of its own", argument="N"),
    Kind("blackhole", "P percent of all monitors are connected to addresses that never answer; alone, the others are ok", warm="down", measured="down", argument="P%"),
)}
USAGE = " ".join(f"{kind.name}{':' + kind.argument if kind.argument else ''}" for kind in KINDS.values())


class Choice:
    """Several kinds are written with commas between them; monitors take turns. `blackhole` has its share of all, spread evenly."""

    def __init__(self, text: str = "ok"):
        self.text = text
        self.turns: list[str] = []
        self.hosts = 0
        self.percent = 0.0
        for word in text.split(","):
            name, _, argument = word.partition(":")
            if name not in KINDS or bool(argument) != bool(KINDS[name].argument) or name in self.turns:
                raise argparse.ArgumentTypeError(f"'{word}' is none of: {USAGE}")
            if name == "blackhole":
                self.percent = number(word, argument, 100, "%")
                continue
            if name == "hosts":
                self.hosts = int(number(word, argument, MOST_HOSTS))
            self.turns.append(name)
        self.turns = self.turns or ["ok"]

    def of(self, monitor: int) -> Kind:
        """The kind of the target of monitor number `monitor`, counted from 0."""
        holed = int((monitor + 1) * self.percent / 100) > int(monitor * self.percent / 100)
        return KINDS["blackhole" if holed else self.turns[monitor % len(self.turns)]]

    def has(self, name: str) -> bool:
        return name in self.turns or name == "blackhole" and self.percent > 0


def number(word: str, argument: str, most: float, unit: str = "") -> float:
    """Above 0 and at most so much; what has no unit is whole."""
    digits = argument.removesuffix(unit)
    try:
        value = float(digits) if unit else int(digits)
    except ValueError:
        value = 0
    if not argument.endswith(unit) or not 0 < value <= most:
        raise argparse.ArgumentTypeError(f"'{word}' has no number in range; the kinds are: {USAGE}")
    return value
