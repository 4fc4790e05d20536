#!/usr/bin/env python3
"""Turns files of this directory into C++ that the programs carry with them.

embed.py migrations OUT FILE...   numbered SQL files into a list of db::Migration
embed.py openapi OUT FILE         the OpenAPI document, from YAML into JSON text
"""
import json
import pathlib
import re
import sys


def literal(text: str) -> str:
    """A C++ string literal; in pieces, for compilers bound the length of one."""
    pieces = [text[i:i + 8000] for i in range(0, len(text), 8000)] or [""]
    return "\n".join(f'R"sonde~({piece})sonde~"' for piece in pieces)


def migrations(files: list[pathlib.Path]) -> str:
    rows = []
    for expected, path in enumerate(sorted(files), start=1):
        match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", path.name)
        if not match or int(match[1]) != expected:
            sys.exit(f"{path}: expected a name like {expected:04}_what_it_does.sql")
        rows.append(f'    {{{expected}, "{match[2]}", {literal(path.read_text())}}},')
    body = "\n".join(rows)
    return f"""#include "lib/db/migrate.h"

namespace sonde::db {{

const std::vector<Migration>& migrations() {{
    static const std::vector<Migration> all{{
{body}
    }};
    return all;
}}

}}  // namespace sonde::db
"""


def openapi(path: pathlib.Path) -> str:
    import yaml

    text = json.dumps(yaml.safe_load(path.read_text()), separators=(",", ":"), ensure_ascii=False)
    return f"""#include <string_view>

namespace sonde::controlplane {{

std::string_view openapi_document() {{
    return {literal(text)};
}}

}}  // namespace sonde::controlplane
"""


def main() -> None:
    kind, out, *files = sys.argv[1:]
    paths = [pathlib.Path(file) for file in files]
    text = migrations(paths) if kind == "migrations" else openapi(paths[0])
    pathlib.Path(out).write_text(text)


main()
