"""The OpenAPI document: a linter finds nothing, every operation says what may go wrong, and what may be patched is what may be put."""
import os
import re
import sys

import jsonschema

from tree import ROOT

sys.path.append(str(ROOT / "tests/openapi"))
import document as contract  # noqa: E402
import errors  # noqa: E402
import tools  # noqa: E402
from answers import Answers  # noqa: E402

DOCUMENT = contract.load()
SCHEMAS = DOCUMENT["components"]["schemas"]


def test_a_linter_finds_nothing_and_nothing_is_hidden_from_it():
    result = tools.tool("redocly", "lint", "--config", ROOT / "tests/openapi/redocly.yaml", "--max-problems", 50, contract.PATH)
    assert result.returncode == 0 and "is valid" in result.stderr, result.stdout + result.stderr
    assert "explicitly ignored" not in result.stderr
    assert not list(ROOT.glob(".redocly.lint-ignore.yaml")) + list((ROOT / "tests/openapi").glob(".redocly*"))


def test_the_linter_would_find_a_mistake(tmp_path):
    broken = contract.PATH.read_text().replace('schemas/SiteInput"', 'schemas/NoSuchInput"')
    (tmp_path / "openapi.yaml").write_text(broken)
    result = tools.tool("redocly", "lint", "--config", ROOT / "tests/openapi/redocly.yaml", tmp_path / "openapi.yaml")
    assert result.returncode == 1 and "Can't resolve $ref" in result.stdout + result.stderr


def test_every_operation_says_by_number_what_may_go_wrong():
    """SONDE_UPDATE_GOLDEN=1 writes what is missing."""
    if os.environ.get("SONDE_UPDATE_GOLDEN"):
        contract.PATH.write_text(errors.complete(contract.PATH.read_text()))
    lacking = {name: codes for name, (_, codes) in errors.missing(contract.load()).items()}
    assert lacking == {}, "SONDE_UPDATE_GOLDEN=1 with this test writes them into the document"


def test_what_is_written_for_an_operation_without_errors_is_complete():
    text = re.sub(r'^        "4\d\d": .*\n', "", contract.PATH.read_text(), flags=re.M)
    assert errors.missing(contract.parse(text)) != {}
    assert errors.missing(contract.parse(errors.complete(text))) == {}


def test_the_kinds_of_problems_are_those_of_the_server():
    of_server = dict(re.findall(r'ProblemKind \w+\{"(\w+)", (\d+)', (ROOT / "lib/http/message.h").read_text()))
    assert len(of_server) > 10
    assert [t.removeprefix("urn:sonde:problem:") for t in SCHEMAS["Problem"]["properties"]["type"]["enum"]] == list(of_server)
    for name, schema in SCHEMAS.items():
        if name.endswith("Problem") and "allOf" in schema:
            fields = schema["allOf"][1]["properties"]
            assert of_server[fields["type"]["const"].removeprefix("urn:sonde:problem:")] == str(fields["status"]["const"]), name


def test_a_response_to_an_error_is_the_problem_of_its_status():
    for operation in contract.operations(DOCUMENT):
        for code, response in operation.node["responses"].items():
            body = contract.resolve(DOCUMENT, response).get("content", {}).get("application/problem+json")
            if body is None or not code.isdigit() or not operation.path.startswith("/v1"):
                continue
            schema = contract.resolve(DOCUMENT, body["schema"])
            assert str(schema["allOf"][1]["properties"]["status"]["const"]) == code == str(body["example"]["status"]), f"{operation} {code}"


def test_what_may_be_patched_is_what_may_be_put():
    patches = [name for name in SCHEMAS if name.endswith("Patch")]
    assert len(patches) >= 10
    for name in patches:
        whole = SCHEMAS.get(name.replace("Patch", "Input")) or SCHEMAS[name.removesuffix("Patch")]
        assert list(SCHEMAS[name]["properties"]) == list(whole["properties"]), name
        assert SCHEMAS[name]["additionalProperties"] is False and "required" not in SCHEMAS[name], name


def test_examples_of_answers_are_answers():
    answers, shown = Answers(DOCUMENT), 0
    for operation in contract.operations(DOCUMENT):
        for code, node in operation.node["responses"].items():
            for kind, content in contract.resolve(DOCUMENT, node).get("content", {}).items():
                for example in [content["example"]] if "example" in content else [contract.resolve(DOCUMENT, e)["value"] for e in content.get("examples", {}).values()]:
                    if kind.endswith("json"):
                        wrong = next((e.message for e in answers.validator(content["schema"]).iter_errors(example)), "") or answers.stranger(content["schema"], example, "$")
                        assert not wrong, f"{operation} {code}: {wrong}"
                        shown += 1
    assert shown > 300


def test_bodies_have_examples_and_refuse_unknown_fields():
    for operation in contract.operations(DOCUMENT):
        body = contract.resolve(DOCUMENT, operation.node.get("requestBody"))
        for kind, content in (body or {"content": {}})["content"].items():
            examples = [content["example"]] if "example" in content else [e["value"] for e in content.get("examples", {}).values()]
            assert examples, f"{operation} {kind} has no example"
            schema = contract.resolve(DOCUMENT, content["schema"])
            assert schema.get("additionalProperties") is False, f"{operation} {kind}"
            for example in examples:
                jsonschema.Draft202012Validator(content["schema"] | {"components": DOCUMENT["components"]}).validate(example)
