"""Values by a schema, right ones and wrong ones, all from one random generator."""
import copy
import datetime
import random
import re
import string
from re import _constants as sre_constants, _parser as sre_parse  # the parser of patterns, which has no public name

from document import resolve

TEXTS = ["", " ", "x", "a name", "Ünïcødé ☃ 🦀", "\u202eright to left", "'; drop table site; --", "{{secrets.NONE}}", "%00%ff", "../../etc/passwd", "a\tb", "a\nb", "a\u0000b", "\ufeff",
         "https://shop.example/", "http://127.0.0.1:1/", "ftp://x/", "http://[::1", "Europe/Berlin", "UTC", "* * * * *", "FREQ=DAILY;COUNT=3", "eu", "0", "-1", "1e9", "null", "<b>&amp;</b>"]
NUMBERS = [0, 1, -1, 2, 0.5, 99, 100, 5000, 2**31 - 1, 2**31, 2**53, 2**63, -2**63, 10**30, 1e308, 5.0]
JUNK = [None, True, False, 0, -1, 1.5, "", "x", [], {}, [None], [[[[]]]], {"": {}}, {"$ref": "#"}, "9" * 30]


def within(letter: str, part) -> bool:
    """Whether it is one of those that a part of a regular expression's class means."""
    kind, what = part
    if kind == sre_constants.LITERAL:
        return ord(letter) == what
    if kind == sre_constants.RANGE:
        return what[0] <= ord(letter) <= what[1]
    return {sre_constants.CATEGORY_SPACE: str.isspace, sre_constants.CATEGORY_DIGIT: str.isdigit}[what](letter)


class Inputs:
    """`ids`: a prefix and what begins with it that is there, `sit_` and so on."""

    def __init__(self, document: dict, seed, ids: dict[str, list[str]]):
        self.document = document
        self.random = random.Random(seed)
        self.ids = ids

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def value(self, schema: dict, depth: int = 0):
        """As the schema wants it, as far as a schema says: not every one of these is taken."""
        schema = resolve(self.document, schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        for several in ("oneOf", "anyOf"):
            if several in schema:
                way = self.value(self.random.choice(schema[several]) | ({"type": "object"} if "properties" in schema else {}), depth)
                return self.record(schema, depth) | way if "properties" in schema and isinstance(way, dict) else way
        if "allOf" in schema:
            parts = [self.record(schema, depth)] if "properties" in schema else []
            parts += [self.value(part, depth) for part in schema["allOf"]]
            return {k: v for part in parts for k, v in part.items()} if all(isinstance(p, dict) for p in parts) else parts[0]
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = self.random.choice(kind)
        if kind == "null" or depth > 6:
            return None
        return getattr(self, {"object": "record", "array": "row", "string": "text", "integer": "whole", "number": "number", "boolean": "flag"}[kind])(schema, depth)

    def record(self, schema: dict, depth: int) -> dict:
        made = {name: self.value(part, depth + 1) for name, part in schema.get("properties", {}).items() if part and (name in schema.get("required", []) or self.chance(0.3))}
        if isinstance(extra := schema.get("additionalProperties"), dict):
            for _ in range(self.random.randrange(3)):
                made[self.random.choice(["X-One", "two", "THREE", "four_4", "a-b"])] = self.value(extra, depth + 1)
        return made

    def row(self, schema: dict, depth: int) -> list:
        least, most = schema.get("minItems", 0), min(schema.get("maxItems", 4), schema.get("minItems", 0) + 3)
        made = [self.value(schema.get("items", {}), depth + 1) for _ in range(self.random.randint(least, most))]
        return [one for i, one in enumerate(made) if one not in made[:i]] if schema.get("uniqueItems") else made

    def text(self, schema: dict, depth: int) -> str:
        if schema.get("format") == "date-time":
            at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.random.choice([-1, 1]) * 10 ** self.random.uniform(0, 7))
            return at.strftime("%Y-%m-%dT%H:%M:%SZ") if self.chance(0.8) else at.strftime("%Y-%m-%dT%H:%M:%S.%f+02:00")
        if pattern := schema.get("pattern"):
            known = [one for prefix, there in list(self.ids.items()) if pattern.startswith(f"^{prefix}") for one in list(there)]
            return self.random.choice(known) if known and self.chance(0.9) else self.by_pattern(pattern)
        least, most = schema.get("minLength", 0), schema.get("maxLength", 60)
        fitting = [text for text in TEXTS if least <= len(text) <= most] or ["x" * least]
        return self.random.choice(fitting) if self.chance(0.8) else "y" * self.random.choice([least, max(least, 1), most if most < 10000 else least])

    def by_pattern(self, pattern: str) -> str:
        return self.letters(sre_parse.parse(pattern))

    def letters(self, parsed) -> str:
        made = ""
        for kind, what in parsed:
            if kind == sre_constants.LITERAL:
                made += chr(what)
            elif kind == sre_constants.IN:
                made += self.letter(what)
            elif kind in (sre_constants.MAX_REPEAT, sre_constants.MIN_REPEAT):
                least, most, inner = what
                made += "".join(self.letters(inner) for _ in range(self.random.randint(least, min(most, least + 20))))
            elif kind == sre_constants.SUBPATTERN:
                made += self.letters(what[3])
            elif kind == sre_constants.BRANCH:
                made += self.letters(self.random.choice(what[1]))
            elif kind != sre_constants.AT:
                raise ValueError(f"patterns with {kind} are not understood")
        return made

    def letter(self, parts) -> str:
        if parts[0][0] == sre_constants.NEGATE:
            return self.random.choice([one for one in string.printable if not any(within(one, part) for part in parts[1:])])
        kind, what = self.random.choice(parts)
        if kind == sre_constants.CATEGORY:
            return self.random.choice([one for one in string.printable if within(one, (kind, what))])
        return chr(what) if kind == sre_constants.LITERAL else chr(self.random.randint(*what))

    def whole(self, schema: dict, depth: int) -> int:
        least, most = schema.get("minimum", 0), schema.get("maximum", schema.get("minimum", 0) + 1000)
        return self.random.choice([least, most, self.random.randint(least, most), min(most, least + self.random.randrange(10))])

    def number(self, schema: dict, depth: int) -> float:
        least, most = schema.get("minimum", schema.get("exclusiveMinimum", 0)), schema.get("maximum", 1000)
        return round(self.random.uniform(least, most), 3) or 1

    def flag(self, schema: dict, depth: int) -> bool:
        return self.chance(0.5)

    # ── wrong ones ──

    def spoilt(self, value):
        """The value with one place in it made another: of another type, out of bounds, left out, or new."""
        value = copy.deepcopy(value)
        places = [(None, None)] + list(self.places(value))
        at, key = self.random.choice(places)
        if at is None:
            return self.other(value) if self.chance(0.1) or not isinstance(value, dict) else value | {self.random.choice(["no_such", "", "id", "a/b~c", "__proto__"]): self.other(None)}
        if isinstance(at, dict) and self.chance(0.3):
            del at[key]
        else:
            at[key] = self.other(at[key])
        return value

    def places(self, value):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
            yield value, key
            yield from self.places(part)

    def other(self, value):
        if isinstance(value, str) and self.chance(0.6):
            return self.random.choice([*TEXTS, value + "x", value[:-1], value * 400, value.upper(), value + "\u0000"])
        if isinstance(value, (int, float)) and not isinstance(value, bool) and self.chance(0.6):
            return self.random.choice([*NUMBERS, value + 1, -value, value * 1000])
        if isinstance(value, list) and value and self.chance(0.6):
            return self.random.choice([value + value, value * 100, value[1:]])
        return copy.deepcopy(self.random.choice(JUNK))

    def octets(self, body: bytes) -> bytes:
        """What is hardly JSON any more."""
        cut = self.random.randrange(len(body) + 1)
        return self.random.choice([b"", body[:cut], body[:cut] + b"\xff" + body[cut:], b"[" * 5000, b"{\"a\":" * 300, body + body, b"null", b"\"" + body, re.sub(rb"\d+", b"1e999", body), b"\x00"])
