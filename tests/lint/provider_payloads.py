"""What is sent to providers is what they take: the golden requests of each kind of channel are held to small schemas of ours (providers/*.yaml), written from what the providers publish."""
import json
import re
import urllib.parse

import jsonschema
import pytest
import yaml

from tree import ROOT

PROVIDERS = ROOT / "tests/lint/providers"
GOLDEN = ROOT / "tests/unit/notifier/golden"
# Of Sonde itself, and of no provider.
OWN = {"webhook", "email"}
KINDS = sorted(path.stem for path in (ROOT / "schema/channels").glob("*.yaml") if path.stem not in OWN)
COMMON = yaml.safe_load((PROVIDERS / "common.yaml").read_text())


def requests_of(kind: str) -> list[tuple[str, str, dict, str]]:
    """(event, method and URL, headers, body) of each that is in the golden file."""
    found = []
    for part in re.split(r"^== ", (GOLDEN / f"{kind}.txt").read_text(), flags=re.MULTILINE)[1:]:
        event, _, rest = part.partition("\n")
        for text in re.split(r"^(?=(?:POST|PUT|PATCH) )", rest, flags=re.MULTILINE)[1:]:
            head, _, body = text.partition("\n\n")
            first, *lines = head.splitlines()
            found.append((event, first.removesuffix("   (may be refused)"), dict(line.split(": ", 1) for line in lines), body.strip()))
    return found


def texts(value, fields: list[str]) -> int:
    """How many characters these fields have, however deep."""
    if isinstance(value, list):
        return sum(texts(one, fields) for one in value)
    if isinstance(value, dict):
        return sum(len(one) if key in fields and isinstance(one, str) else texts(one, fields) for key, one in value.items())
    return 0


def document(how: str, body: str):
    if how == "json":
        return json.loads(body)
    pairs = urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs), "a field is there twice"
    return dict(pairs)


def test_every_kind_has_a_schema_and_every_schema_is_of_a_kind():
    assert {path.stem for path in PROVIDERS.glob("*.yaml")} == set(KINDS) | {"common"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_sent_is_what_the_provider_takes(kind):
    provider = yaml.safe_load((PROVIDERS / f"{kind}.yaml").read_text())
    registry = jsonschema.RefResolver("", {}, store={"common.yaml": COMMON})
    found = requests_of(kind)
    assert found
    unused = list(provider["requests"])
    for event, to, headers, body in found:
        where = f"{kind}, {event}: {to}"
        matching = [one for one in provider["requests"] if re.fullmatch(one["to"], to)]
        assert len(matching) == 1, where
        expected = matching[0]
        unused = [one for one in unused if one is not expected]
        for name, pattern in expected.get("headers", {}).items():
            assert re.fullmatch(pattern, headers.get(name, "")), f"{where}: {name}"
        assert headers["Content-Type"].startswith({"json": "application/json", "form": "application/x-www-form-urlencoded"}[expected["body"]]), where
        assert len(body.encode()) <= expected.get("longest", 1 << 20), where
        value = document(expected["body"], body)
        jsonschema.Draft202012Validator.check_schema(expected["schema"])
        problems = list(jsonschema.Draft202012Validator(expected["schema"], resolver=registry).iter_errors(value))
        assert not problems, f"{where}: {[(list(p.absolute_path), p.message[:300]) for p in problems]}"
        if "texts" in expected:
            assert texts(value, expected["texts"]["fields"]) <= expected["texts"]["most"], where
    assert not unused, f"{kind}: nothing is sent to {[one['to'] for one in unused]}"
