"""Kinds of channels: their parts of schema/openapi.yaml and docs/notifications.md are made of their declarations, schema/channels."""
import json
import os
import re

import yaml

from tree import ROOT

OPENAPI = ROOT / "schema/openapi.yaml"
DOCS = ROOT / "docs/notifications.md"
BEGIN = "    # Of the kinds of channels: written by SONDE_UPDATE_GOLDEN=1 with tests/lint/channels.py.\n"
END = "    # End of the kinds of channels.\n"
KINDS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((ROOT / "schema/channels").glob("*.yaml"))}


def text(value) -> str:
    """A value in YAML's flow style."""
    return json.dumps(value, ensure_ascii=False)


def schema_name(part: str, kind: str) -> str:
    return f"Channel{part}" + "".join(word.capitalize() for word in kind.split("_"))


def schema_of(field: dict) -> dict:
    kind = field["type"]
    if kind == "texts":
        item = schema_of(field | {"type": "text"})
        doc = item.pop("description")
        return {"type": "array", "minItems": 1, "maxItems": field.get("most", 20), "uniqueItems": True, "items": item, "description": doc}
    schema: dict = {"type": kind if kind in ("integer", "boolean") else "string"}
    if kind == "text":
        schema |= {"minLength": field.get("min", 1), "maxLength": field.get("max", 200)}
    elif kind == "certificates":
        schema |= {"minLength": 1, "maxLength": field.get("max", 65536)}
    elif kind == "url":
        schema |= {"minLength": 1, "maxLength": field.get("max", 2048)}
    elif kind == "integer":
        schema |= {"minimum": field.get("min", 0), "maximum": field.get("max", 200)}
    elif kind == "choice":
        schema |= {"enum": field["choices"]}
    if "pattern" in field:
        schema["pattern"] = f"^({field['pattern']})$"
    if kind == "signing_key":
        schema["pattern"] = "^whsec_[A-Za-z0-9+/]+=*$"
    return schema | {"description": field["doc"].strip()}


def object_of(kind: str, part: str) -> str:
    fields = KINDS[kind].get(part) or {}
    required = [name for name, field in fields.items() if field.get("required")]
    lines = [f"    {schema_name(part.capitalize(), kind)}:", "      type: object", "      additionalProperties: false"]
    lines.append(f"      description: {text('Of ' + kind + ': ' + KINDS[kind]['title'] + '.')}")
    if required and part == "config":
        lines.append(f"      required: {text(required)}")
    if fields:
        lines.append("      properties:")
    for name, field in fields.items():
        schema = schema_of(field)
        if part == "secrets" or not field.get("required"):
            schema["type"] = [schema["type"], "null"]
        lines.append(f"        {name}: {text(schema)}")
    return "\n".join(lines) + "\n"


def schemas() -> str:
    made = f"    ChannelKind: {{type: string, enum: {text(list(KINDS))}}}\n"
    for part in ("config", "secrets"):
        made += f"    Channel{part.capitalize()}:\n      description: By the channel's kind.\n      anyOf:\n"
        made += "".join(f'        - {{$ref: "#/components/schemas/{schema_name(part.capitalize(), kind)}"}}\n' for kind in KINDS)
    return made + "".join(object_of(kind, part) for part in ("config", "secrets") for kind in KINDS)


def cell(value: str) -> str:
    return value.strip().replace("\n", " ").replace("|", "\\|")


def table(fields: dict) -> str:
    rows = "| field | type | needed | what |\n|---|---|---|---|\n"
    for name, field in fields.items():
        needed = "yes" if field.get("required") else f"default `{json.dumps(field['default'])}`" if "default" in field else "no"
        rows += f"| `{name}` | {field['type'].replace('_', ' ')} | {needed} | {cell(field['doc'])} |\n"
    return rows


def example(kind: str) -> str:
    declaration = KINDS[kind]
    config = {name: field["example"] for name, field in (declaration.get("config") or {}).items() if "example" in field}
    secrets = {name: {"env": f"{kind}_{name}".upper()} for name, field in (declaration.get("secrets") or {}).items() if field.get("required") or "example" in field}
    if kind == "webhook":
        secrets = {"signing_key": {"env": "WEBHOOK_SIGNING_KEY"}}
    made = f"```yaml\nchannels:\n  on-call: {{kind: {kind}, name: On call, config: {text(config)}, secrets: {text(secrets)}}}\n```\n"
    return made + "\n```sh\nsonde channel test 'On call'\n```\n"


def page() -> str:
    """What is written by hand stands above the first kind."""
    hand = DOCS.read_text().split("\n## ")[0] if DOCS.exists() else "# Notifications\n"
    made = hand.rstrip("\n") + "\n"
    for kind, declaration in KINDS.items():
        made += f"\n## {declaration['title']}\n\n`kind: {kind}`. {declaration['doc'].strip()}\n\n"
        for part, what in (("config", "Settings (`config`)"), ("secrets", "Secrets (`secrets`), which are sealed and never shown")):
            if declaration.get(part):
                made += f"{what}:\n\n{table(declaration[part])}\n"
        if rate := declaration.get("rate"):
            made += f"*Sent at most:* {rate['messages']} in {rate['per']} ([source]({rate['url']})). "
        made += f"*A second copy of a message:* {declaration['dedup'].strip()}"
        made += f" *Documentation:* <{declaration['url']}>\n\n" if declaration.get("url") else "\n\n"
        made += example(kind)
    return made


def test_the_document_has_every_kind_as_it_is_declared():
    """SONDE_UPDATE_GOLDEN=1 writes it."""
    before, rest = OPENAPI.read_text().split(BEGIN)
    present, after = rest.split(END)
    if os.environ.get("SONDE_UPDATE_GOLDEN") == "1":
        OPENAPI.write_text(before + BEGIN + schemas() + END + after)
        present = schemas()
    assert present == schemas(), "schema/openapi.yaml is out of date: SONDE_UPDATE_GOLDEN=1 ./test --suite lint renews it"


def test_the_documentation_has_every_kind_as_it_is_declared():
    if os.environ.get("SONDE_UPDATE_GOLDEN") == "1":
        DOCS.write_text(page())
    assert DOCS.read_text() == page(), "docs/notifications.md is out of date: SONDE_UPDATE_GOLDEN=1 ./test --suite lint renews it"


def test_every_kind_is_built_in_and_has_its_golden_requests():
    build = (ROOT / "schema/meson.build").read_text()
    assert re.findall(r"'channels/(\w+)\.yaml'", build) == list(KINDS)
    golden = {path.stem for path in (ROOT / "tests/unit/notifier/golden").glob("*.txt")} - {"notices", "email"}  # which is no request, but has its own
    assert golden == {kind for kind, declaration in KINDS.items() if declaration.get("requests")}
