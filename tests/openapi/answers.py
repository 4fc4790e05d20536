"""What is wrong with an answer, by the OpenAPI document."""
import datetime
import json
import re

import jsonschema

from document import Operation, resolve

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
EVERYWHERE = (408, 414)  # what any request may meet on its way: described in the document's `Problem`


def formats() -> jsonschema.FormatChecker:
    checker = jsonschema.FormatChecker(formats=())

    @checker.checks("date-time", raises=ValueError)
    def is_instant(value):
        return not isinstance(value, str) or bool(INSTANT.fullmatch(value) and datetime.datetime.fromisoformat(value.replace("Z", "+00:00")))

    return checker


class Answers:
    def __init__(self, document: dict):
        self.document = document
        self.formats = formats()
        self.validators = {}

    def validator(self, schema: dict) -> jsonschema.Draft202012Validator:
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            self.validators[key] = jsonschema.Draft202012Validator(schema | {"components": self.document["components"]}, format_checker=self.formats)
        return self.validators[key]

    def holds(self, schema: dict, value) -> bool:
        return self.validator(schema).is_valid(value)

    def response(self, operation: Operation, status: int):
        responses = operation.node["responses"]
        if status in EVERYWHERE:
            return self.document["components"]["responses"]["Problem"]
        return resolve(self.document, responses.get(str(status)) or responses.get(f"{status // 100}XX"))

    def complaint(self, operation: Operation, status: int, headers, body: bytes) -> str:
        """Empty if there is nothing to complain of. `headers` by names in lower case."""
        response = self.response(operation, status)
        if response is None:
            return f"the status {status} is not in the document"
        for name in ("ETag", "Location", "WWW-Authenticate", "Retry-After"):
            if name in response.get("headers", {}) and name.lower() not in headers:
                return f"there is no header {name}"
        kind = headers.get("content-type", "").split(";")[0]
        if "content" not in response or operation.method == "head":
            return "there is a body" if body else ""
        if kind not in response["content"]:
            return f"a body of the type {kind or 'none'} is not in the document"
        schema = response["content"][kind]["schema"]
        if kind.endswith("json"):
            try:
                value = json.loads(body)
            except ValueError as error:
                return f"the body is no JSON: {error}"
        else:
            value = body.decode(errors="replace") if kind != "text/event-stream" else ""
        for error in self.validator(schema).iter_errors(value):
            return f"{error.json_path}: {error.message[:300]}"
        return self.stranger(schema, value, "$")

    def stranger(self, schema: dict, value, at: str) -> str:
        """A field that the document does not know, anywhere in the answer."""
        schema = resolve(self.document, schema)
        if isinstance(value, list) and "items" in schema:
            return next((found for i, item in enumerate(value) if (found := self.stranger(schema["items"], item, f"{at}[{i}]"))), "")
        fields = self.fields(schema)
        if not isinstance(value, dict) or not fields:
            return ""
        for name, part in value.items():
            if name not in fields:
                return f"{at}.{name} is not in the document"
            if found := self.stranger(fields[name], part, f"{at}.{name}"):
                return found
        return ""

    def fields(self, schema: dict) -> dict:
        """The fields of an object with those of all its parts; none if it may have any, or is one of several."""
        schema = resolve(self.document, schema)
        found = dict(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            found |= self.fields(part)
        return found
