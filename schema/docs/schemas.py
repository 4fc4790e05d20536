"""JSON Schemas, as much of them as the document uses, in words and tables."""
import json

from text import code, escaped, inline, link, table

SCHEMAS = "#/components/schemas/"


class Schemas:
    def __init__(self, document: dict):
        self.document = document

    def resolve(self, node: dict) -> dict:
        while "$ref" in node:
            place = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                place = place[step.replace("~1", "/").replace("~0", "~")]
            node = place
        return node

    def kind(self, schema: dict) -> str:
        """What a value is, in a few words; named schemas as links."""
        if "$ref" in schema:
            name, *field = schema["$ref"].removeprefix(SCHEMAS).split("/properties/")
            return link(f"schema-{name}", escaped(".".join([name, *field])))
        if "const" in schema:
            return code(json.dumps(schema["const"], ensure_ascii=False))
        if "enum" in schema:
            return " · ".join(code(value) for value in schema["enum"])
        for several, between in (("allOf", " and "), ("oneOf", " or "), ("anyOf", " or ")):
            if several in schema and "properties" not in schema:
                return between.join(dict.fromkeys(self.kind(part) for part in schema[several]))
        types = schema.get("type", "anything")
        words = " or ".join(types) if isinstance(types, list) else types
        if "items" in schema:
            return f"{escaped(words)} of {self.kind(schema['items'])}"
        if isinstance(schema.get("additionalProperties"), dict):
            return f"{escaped(words)} with values of {self.kind(schema['additionalProperties'])}"
        return escaped(schema.get("format") or words) if words == "string" else escaped(words)

    def meaning(self, schema: dict) -> str:
        """Its description, bounds and default."""
        said = [inline(schema["description"])] if "description" in schema else []
        said += [f"{one}." for one in bounds(schema)]
        if "default" in schema:
            said.append(f"Default {code(json.dumps(schema['default'], ensure_ascii=False))}.")
        return " ".join(said)

    def fields(self, caption: str, schema: dict) -> str:
        """The fields of an object, those of its parts and of objects within it too."""
        return table(caption, ["Field", "Type", "Meaning"], list(self.rows(schema, "")))

    def rows(self, schema: dict, above: str):
        schema = schema if above else self.resolve(schema)
        for part in schema.get("allOf", []):
            yield from self.rows(self.resolve(part), above)
        required = schema.get("required", [])
        for name, field in schema.get("properties", {}).items():
            if not field:
                continue  # named by a schema around it
            must = ' <em class="must">required</em>' if name in required else ""
            yield [f"{code(above + name)}{must}", self.kind(field), self.meaning(field)]
            inner = field.get("items", field)
            if "$ref" not in inner:
                yield from self.rows(inner, f"{above}{name}{'[]' if 'items' in field else ''}.")
        for way in schema.get("oneOf", []) if above == "" else []:
            yield from self.rows(way, above)

    def section(self, name: str, schema: dict) -> str:
        head = f'<section class="schema" id="schema-{escaped(name)}">\n<h3>{escaped(name)}</h3>\n'
        said = self.meaning(schema)
        fields = self.fields(f"Fields of {name}", schema)
        of_kind = "" if fields and "oneOf" not in schema else f"<p>{self.kind(schema)}</p>\n"
        return f"{head}{f'<p>{said}</p>' if said else ''}\n{of_kind}{fields}</section>\n"


def bounds(schema: dict):
    def span(least, most, unit):
        if least is not None and most is not None:
            return f"{least} to {most}{unit}"
        return f"at least {least}{unit}" if least is not None else f"at most {most}{unit}"

    for least, most, unit in (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"), ("minProperties", "maxProperties", " fields")):
        if least in schema or most in schema:
            yield span(schema.get(least), schema.get(most), unit).capitalize()
    if "exclusiveMinimum" in schema:
        yield f"More than {schema['exclusiveMinimum']}"
    if schema.get("uniqueItems"):
        yield "Each once"
    if "pattern" in schema:
        yield f"Matches {code(schema['pattern'])}"
