"""The contracts in schema/: golden documents keep to the message schemas, migrations are in order, the API document is one."""
import json
import re

import jsonschema
import pytest
import yaml

from tree import ROOT

MESSAGES = ROOT / "schema/messages"
GOLDEN = ROOT / "schema/golden"


def schema(kind: str) -> dict:
    return json.loads((MESSAGES / f"{kind}.schema.json").read_text())


def kind_of(golden) -> str:
    """The longest schema name that the file's name begins with: `event_opened.json` is an `event`."""
    kinds = [p.name.removesuffix(".schema.json") for p in MESSAGES.glob("*.schema.json")]
    return max((k for k in kinds if golden.name.startswith(k)), key=len, default="")


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("*.json")), ids=lambda p: p.name)
def test_golden_documents_keep_to_their_schema(golden):
    kind = kind_of(golden)
    if not kind:
        pytest.skip("not a message")
    jsonschema.Draft202012Validator(schema(kind), format_checker=jsonschema.FormatChecker()).validate(json.loads(golden.read_text()))


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("*.json")), ids=lambda p: p.name)
def test_message_schemas_are_schemas_and_explain_themselves(path):
    document = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(document)
    assert document["$id"] == f"urn:sonde:message:v1:{path.name.removesuffix('.schema.json')}"
    assert len(document["description"]) > 40


@pytest.mark.parametrize("kind,broken", [
    ("job_batch", {"v": 1, "region": "EU", "jobs": []}),
    ("result_batch", {"v": 2}),
    ("presence", {"v": 1, "region": "eu"}),
    ("run_answer", {"v": 1, "run": "mon_0000000000001", "region": "eu"}),
    ("event", {"v": 1, "id": "evt_1", "kind": "incident.opened", "at": "now"}),
])
def test_schemas_refuse_what_is_not_such_a_message(kind, broken):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema(kind))


def test_migrations_are_numbered_without_gaps_and_built_in():
    names = sorted(p.name for p in (ROOT / "schema/migrations").glob("*"))
    for number, name in enumerate(names, start=1):
        assert re.fullmatch(rf"{number:04}_[a-z0-9_]+\.sql", name), name
    built = (ROOT / "schema/meson.build").read_text()
    assert [n for n in names if f"migrations/{n}" not in built] == []


def test_the_api_document_is_openapi_3_1_and_every_reference_in_it_leads_somewhere():
    document = yaml.safe_load((ROOT / "schema/openapi.yaml").read_text())
    assert document["openapi"].startswith("3.1")

    def references(node):
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    for reference in set(references(document)):
        place = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def test_every_operation_of_the_api_has_an_id_of_its_own_and_names_its_errors():
    document = yaml.safe_load((ROOT / "schema/openapi.yaml").read_text())
    ids = []
    for path, item in document.get("paths", {}).items():
        for method in ("get", "post", "put", "patch", "delete"):
            if method not in item:
                continue
            operation = item[method]
            ids.append(operation.get("operationId", f"{method} {path}"))
            if path.startswith("/v1"):
                assert any(code in operation["responses"] for code in ("default", "401", "4XX")), f"{method} {path}"
    assert len(ids) == len(set(ids))


def test_the_examples_of_checks_are_specs_by_the_api_document():
    schemas = yaml.safe_load((ROOT / "schema/openapi.yaml").read_text())["components"]
    sections = re.split(r"^## (\S+)$", (ROOT / "docs/checks.md").read_text(), flags=re.M)
    checked = 0
    for kind, text in zip(sections[1::2], sections[2::2]):
        name = f"{kind.capitalize()}Spec"
        if name not in schemas["schemas"]:
            continue
        for example in re.findall(r"^```json\n(.*?)^```", text, flags=re.M | re.S):
            jsonschema.validate(json.loads(example), {"$ref": f"#/components/schemas/{name}", "components": schemas})
            checked += 1
    assert checked > 0
