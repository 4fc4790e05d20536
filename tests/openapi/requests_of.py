"""A request to an operation: mostly as the document wants it, often wrong in one place."""
import json
from dataclasses import dataclass, field
from urllib.parse import quote

from answers import Answers
from document import Operation, resolve
from inputs import Inputs


@dataclass
class Request:
    operation: Operation
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    broken: str = ""  # what the document says against it

    @property
    def target(self) -> str:
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in self.query)
        return self.path + ("?" + query if query else "")

    def __str__(self):
        shown = "".join(f" -H {json.dumps(f'{name}: {value}')}" for name, value in self.headers.items())
        return f"{self.operation.method.upper()} {self.target}{shown}" + (f" -d {self.body[:3000]!r}" if self.body is not None else "")


# What would be in the way of the run itself, were it left to chance.
TAME = {"timeout_ms": lambda value: min(value, 300) if isinstance(value, int) and value > 0 else value}


class Requests:
    def __init__(self, document: dict, answers: Answers, ids: dict[str, list[str]], tags: dict[str, str]):
        self.document, self.answers, self.ids = document, answers, ids
        self.tags = tags  # the last ETag of a path

    def make(self, operation: Operation, seed: str, plain: bool) -> Request:
        """`plain`: as an example would have it, and with nothing that may be left out."""
        inputs = Inputs(self.document, seed, self.ids)
        request = Request(operation, operation.path)
        wrong = "plain" if plain else inputs.random.choice(["", "", "path", "query", "header", "body", "body", "body"])
        for parameter in operation.parameters:
            self.add(request, parameter, inputs, wrong)
        if wrong == "query" and inputs.chance(0.3):
            request.query.append((inputs.random.choice(["no_such", "Limit", "", "limit[]"]), "1"))
            request.broken = "a parameter that is not described" if operation.path.startswith("/v1") else ""
        if "requestBody" in operation.node:
            self.add_body(request, inputs, wrong)
        return request

    def add(self, request: Request, parameter: dict, inputs: Inputs, wrong: str):
        where, name, schema = parameter["in"], parameter["name"], resolve(self.document, parameter["schema"])
        if not parameter.get("required") and (wrong == "plain" or not inputs.chance(0.25)):
            return
        value = inputs.value(parameter["schema"])
        text = json.dumps(value) if isinstance(value, (bool, int, float)) else str(value)
        if name in ("If-Match", "If-None-Match"):
            text = inputs.random.choice([self.tags.get(request.path, '"1"'), self.tags.get(request.path, '"1"'), '"1"', '"7-abc"', "*", 'W/"1"', "nonsense", '"', ""])
        elif name in ("cursor", "token") and self.ids[name] and (wrong == "plain" or inputs.chance(0.6)):
            text = inputs.random.choice(self.ids[name])
        elif where == wrong and inputs.chance(0.5):
            text = str(inputs.other(value))
            if where == "query" and not (text == "" and parameter.get("allowEmptyValue")) and self.breaks(schema, text):
                request.broken = f"the parameter {name} is {text[:50]!r}"
        if where == "path":
            request.path = request.path.replace(f"{{{name}}}", quote(text, safe="") or "%20")
        elif where == "query":
            request.query.append((name, text.replace("\ud800", "")))
        else:
            request.headers[name] = text.encode("ascii", "ignore").decode().replace("\n", " ").replace("\r", " ").replace("\0", "").strip()

    def breaks(self, schema: dict, text: str) -> bool:
        kind = schema.get("type", "string")
        if kind in ("integer", "number", "boolean"):
            try:
                value = json.loads(text)
            except ValueError:
                return True
            return not self.answers.holds(schema, value)
        return not self.answers.holds(schema, text)

    def add_body(self, request: Request, inputs: Inputs, wrong: str):
        body = resolve(self.document, request.operation.node["requestBody"])
        kind, content = inputs.random.choice(list(body["content"].items()))
        examples = [content["example"]] if "example" in content else [one["value"] for one in content["examples"].values()]
        value = self.placed(inputs.random.choice(examples), inputs)
        if wrong != "plain" and inputs.chance(0.6):
            value = value | inputs.value(content["schema"])
        value = {name: TAME.get(name, lambda one: one)(part) for name, part in value.items()}
        if wrong == "body" and inputs.chance(0.8):
            value = inputs.spoilt(value)
            if isinstance(value, dict):
                value = {name: TAME.get(name, lambda one: one)(part) for name, part in value.items()}
        request.headers["Content-Type"] = kind
        request.body = json.dumps(value, ensure_ascii=inputs.chance(0.5)).encode("utf-8", "replace")
        if not self.answers.holds(content["schema"], value):
            request.broken = "the body: " + next(self.answers.validator(content["schema"]).iter_errors(value)).message[:200]
        if wrong == "body" and inputs.chance(0.15):
            request.body, request.broken = inputs.octets(request.body), ""
        elif wrong == "body" and inputs.chance(0.05):
            request.headers["Content-Type"] = inputs.random.choice(["text/plain", "application/xml", "", "application/json; charset=latin-1"])
            request.broken = request.broken or ("the type of the body" if "json" not in request.headers["Content-Type"] else "")

    def placed(self, value, inputs: Inputs):
        """An example with identifiers of things that are there, where it has such of things that are not."""
        if isinstance(value, dict):
            return {key: self.placed(part, inputs) for key, part in value.items()}
        if isinstance(value, list):
            return [self.placed(part, inputs) for part in value]
        there = self.ids.get(value[:4]) if isinstance(value, str) else None
        return inputs.random.choice(there) if there and len(value) == 17 else value
