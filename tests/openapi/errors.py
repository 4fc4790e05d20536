"""Which problems an operation of /v1 may answer with, and a hand that writes them into the document."""
import yaml

from document import Operation, operations, parse

COMPONENTS = {"400": "Malformed", "401": "Unauthenticated", "403": "Forbidden", "404": "NotFound", "409": "Conflict", "412": "Changed", "413": "TooLarge",
              "415": "UnsupportedType", "422": "Invalid", "429": "TooManyRequests", "503": "Unavailable"}


def may_happen(operation: Operation) -> list[str]:
    """The statuses that its shape alone says are possible."""
    codes = ["400", "401", "403", "422", "429", "503"]
    if "{" in operation.path:
        codes.append("404")
    if operation.method != "get":
        codes.append("409")
    if "requestBody" in operation.node:
        codes += ["413", "415"]
    if any(p["name"] == "If-Match" for p in operation.parameters):
        codes.append("412")
    return sorted(codes)


def missing(document: dict) -> dict[str, tuple[Operation, list[str]]]:
    found = {}
    for operation in operations(document):
        lacks = [c for c in may_happen(operation) if c not in operation.node["responses"]]
        if operation.path.startswith("/v1") and lacks:
            found[str(operation)] = (operation, lacks)
    return found


def complete(text: str) -> str:
    """The document's text with a line for each that is missing, ahead of the operation's `default`."""
    lines = text.splitlines(keepends=True)
    paths = child(yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), "paths")
    places = []
    for operation, codes in missing(parse(text)).values():
        responses = child(child(child(paths, operation.path), operation.method), "responses")
        places.append((next(key.start_mark for key, _ in responses.value if key.value == "default"), codes))
    for default, codes in sorted(places, key=lambda place: place[0].line, reverse=True):
        lines[default.line:default.line] = [f'{" " * default.column}"{code}": {{$ref: "#/components/responses/{COMPONENTS[code]}"}}\n' for code in codes]
    return "".join(lines)


def child(node, name: str):
    return next(value for key, value in node.value if key.value == name)
