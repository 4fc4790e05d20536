"""The OpenAPI document as its tests read it."""
import pathlib
from dataclasses import dataclass

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATH = ROOT / "schema/openapi.yaml"
METHODS = ("get", "head", "post", "put", "patch", "delete")


def parse(text: str):
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def load() -> dict:
    return parse(PATH.read_text())


def resolve(document: dict, node):
    """What a reference, or one that it leads to, stands for."""
    while isinstance(node, dict) and "$ref" in node:
        place = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            place = place[step.replace("~1", "/").replace("~0", "~")]
        node = place
    return node


@dataclass(frozen=True)
class Operation:
    path: str
    method: str
    node: dict
    parameters: list  # resolved, those of the path first

    def __str__(self):
        return f"{self.method.upper()} {self.path}"

    @property
    def name(self) -> str:
        return self.node["operationId"]


def operations(document: dict) -> list[Operation]:
    found = []
    for path, item in document["paths"].items():
        for method in (m for m in METHODS if m in item):
            parameters = item.get("parameters", []) + item[method].get("parameters", [])
            found.append(Operation(path, method, item[method], [resolve(document, p) for p in parameters]))
    return found
