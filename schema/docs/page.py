#!/usr/bin/env python3
"""page.py OUT OPENAPI.yaml STYLE.css: the OpenAPI document as one page of HTML, which loads and runs nothing."""
import json
import pathlib
import sys

import yaml

from schemas import SCHEMAS, Schemas
from text import code, escaped, inline, link, paragraphs, table

METHODS = ("get", "head", "post", "put", "patch", "delete")


class Page:
    def __init__(self, document: dict):
        self.document = document
        self.schemas = Schemas(document)
        self.resolve = self.schemas.resolve

    def operations(self, tag: str):
        for path, item in self.document["paths"].items():
            for method in (m for m in METHODS if m in item and tag in item[m]["tags"]):
                yield path, method, item[method], [self.resolve(p) for p in item.get("parameters", []) + item[method].get("parameters", [])]

    def contents(self) -> str:
        parts = []
        for tag in self.document["tags"]:
            rows = "".join(f'<li><a href="#{op["operationId"]}"><b class="{method}">{method.upper()}</b> {escaped(path)}</a></li>\n' for path, method, op, _ in self.operations(tag["name"]))
            parts.append(f'<h2>{link("tag-" + tag["name"], escaped(tag["name"]))}</h2>\n<ul>\n{rows}</ul>\n')
        more = "".join(f"<li>{link(where, what)}</li>" for where, what in (("errors", "Errors"), ("schemas", "Schemas")))
        return f'<nav aria-label="Contents">\n<p><a href="#top">Conventions</a></p>\n{"".join(parts)}<ul>{more}</ul>\n</nav>\n'

    def operation(self, path: str, method: str, operation: dict, parameters: list) -> str:
        name = operation["operationId"]
        rows = [[f"{code(p['name'])}{must(p)}", escaped(p["in"]), self.schemas.kind(p["schema"]),
                 " ".join(filter(None, [inline(p.get("description", "")), self.schemas.meaning(self.resolve(p["schema"]))]))] for p in parameters]
        return (f'<section class="operation" id="{name}">\n<h3><b class="{method}">{method.upper()}</b> <code>{escaped(path)}</code></h3>\n'
                f'<p class="summary">{inline(operation["summary"])}.</p>\n{paragraphs(operation.get("description", ""))}{self.needs(operation)}'
                f'{table("Parameters of " + name, ["Name", "In", "Type", "Meaning"], rows)}{self.body(operation)}{self.example(path, method, operation, parameters)}{self.answers(operation)}</section>\n')

    @staticmethod
    def needs(operation: dict) -> str:
        if permission := operation.get("x-sonde-permission"):
            return f'<p class="needs">Needs the permission {code(permission)}.</p>\n'
        return '<p class="needs">Needs no token.</p>\n'

    def body(self, operation: dict) -> str:
        if "requestBody" not in operation:
            return ""
        body = self.resolve(operation["requestBody"])
        kind, content = next(iter(body["content"].items()))
        schema = content["schema"]
        types = " or ".join(code(one) for one in body["content"])
        fields = "" if schema.get("$ref", "").startswith(SCHEMAS) else self.schemas.fields(f"Fields of the body of {operation['operationId']}", schema)
        return f'<p class="body">Body{"" if body.get("required") else ", optional"}: {self.schemas.kind(schema)}, as {types}.</p>\n{fields}'

    def example(self, path: str, method: str, operation: dict, parameters: list) -> str:
        for parameter in parameters:
            path = path.replace(f"{{{parameter['name']}}}", f"${parameter['name'].upper()}")
        words = ["curl", *(["-I"] if method == "head" else ["-X", method.upper()] if method != "get" else []), f'"$SONDE{path}"']
        if operation.get("security") != []:
            words += ["-H", '"Authorization: Bearer $TOKEN"']
        if "requestBody" in operation:
            kind, content = next(iter(self.resolve(operation["requestBody"])["content"].items()))
            example = self.example_in(content)
            words += ["-H", f"'Content-Type: {kind}'", "-d", "'" + json.dumps(example, indent=2, ensure_ascii=False).replace("'", "'\\''") + "'"]
        return f"<pre><code>{escaped(' '.join(words))}</code></pre>\n"

    def example_in(self, content: dict):
        """The first there is; None if there is none."""
        several = [self.resolve(example)["value"] for example in content.get("examples", {}).values()]
        return content.get("example", several[0] if several else None)

    def answers(self, operation: dict) -> str:
        good, bad = [], []
        for status, node in operation["responses"].items():
            response = self.resolve(node)
            if status == "default" or (status[0] in "45" and "$ref" in node):
                bad.append(link("response-" + node["$ref"].rsplit("/", 1)[1], "any other" if status == "default" else escaped(status)))
                continue
            kinds = "; ".join(f"{self.schemas.kind(c['schema'])} as {code(kind)}" for kind, c in response.get("content", {}).items())
            headers = ", ".join(code(name) for name in response.get("headers", {}))
            good.append([code(status), inline(" ".join(response["description"].split())), kinds or "no body", headers])
        errors = f'<p class="errors">Errors: {", ".join(bad)}.</p>\n' if bad else ""
        inner = "".join(self.schemas.fields(f"Fields of the answer {status} of {operation['operationId']}", c["schema"]) for status, node in operation["responses"].items()
                        for c in self.resolve(node).get("content", {}).values() if "$ref" not in c["schema"] and "properties" in c["schema"])
        examples = [self.example_in(c) for status, node in operation["responses"].items() if status[0] == "2" for c in self.resolve(node).get("content", {}).values()]
        shown = "".join(block(example) for example in examples if example is not None)
        return table(f"Answers of {operation['operationId']}", ["Status", "Meaning", "Body", "Headers"], good) + inner + shown + errors

    def errors(self) -> str:
        used = {node["$ref"].rsplit("/", 1)[1]: status for item in self.document["paths"].values() for m in METHODS if m in item
                for status, node in item[m]["responses"].items() if "$ref" in node and (status == "default" or status[0] in "45")}
        parts = []
        for name, status in sorted(used.items(), key=lambda row: (row[1], row[0])):
            response = self.document["components"]["responses"][name]
            content = next(iter(response["content"].values()))
            example = self.example_in(content)
            title = "Any other" if status == "default" else status
            parts.append(f'<section id="response-{name}"><h3>{escaped(title)} {escaped(name)}</h3>\n{paragraphs(response["description"])}<p>{self.schemas.kind(content["schema"])}</p>\n{block(example) if example else ""}</section>\n')
        return f'<section id="errors"><h2>Errors</h2>\n{"".join(parts)}</section>\n'

    def html(self, style: str) -> str:
        info = self.document["info"]
        groups = "".join(f'<section id="tag-{tag["name"]}"><h2>{escaped(tag["name"])}</h2>\n{paragraphs(tag["description"])}'
                         f'{"".join(self.operation(*row) for row in self.operations(tag["name"]))}</section>\n' for tag in self.document["tags"])
        schemas = "".join(self.schemas.section(name, schema) for name, schema in self.document["components"]["schemas"].items())
        return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\n'
                f'<meta name="color-scheme" content="light dark"><title>{escaped(info["title"])} API</title><style>{style}</style></head>\n<body>\n'
                f'<a class="skip" href="#top">To the text</a>\n{self.contents()}<main id="top">\n<h1>{escaped(info["title"])} API</h1>\n<p>{inline(info["summary"])}</p>\n'
                f'<p>The same for programs: <a href="openapi.json">openapi.json</a>, OpenAPI {escaped(self.document["openapi"])}. In the examples <code>$SONDE</code> is where this server is, '
                f'<code>$TOKEN</code> a token.</p>\n{paragraphs(info["description"])}{groups}{self.errors()}<section id="schemas"><h2>Schemas</h2>\n{schemas}</section>\n</main>\n</body></html>\n')


def block(example) -> str:
    return f"<pre><code>{escaped(example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False))}</code></pre>\n"


def must(parameter: dict) -> str:
    return ' <em class="must">required</em>' if parameter.get("required") else ""


def main() -> None:
    out, source, style = (pathlib.Path(name) for name in sys.argv[1:])
    document = yaml.load(source.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    out.write_text(Page(document).html(style.read_text()))


main()
