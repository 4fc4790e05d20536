#!/usr/bin/env python3
"""Turns files of this directory into C++ that the programs carry with them.

embed.py migrations OUT FILE...   numbered SQL files into a list of db::Migration
embed.py channels OUT FILE...     declarations of kinds of channels into a list of channel::Source
embed.py assets OUT YAML HTML     the OpenAPI document as JSON, and the page made of it, as they are sent and gzipped
"""
import base64
import gzip
import hashlib
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


def channels(files: list[pathlib.Path]) -> str:
    rows = "\n".join(f'        {{"{path.stem}", {literal(path.read_text())}}},' for path in sorted(files))
    return f"""#include "lib/channel/declaration.h"

namespace sonde::channel {{

const std::vector<Source>& sources() {{
    static const std::vector<Source> all{{
{rows}
    }};
    return all;
}}

}}  // namespace sonde::channel
"""


def octets(data: bytes) -> str:
    """Any bytes as a C++ string literal."""
    lines = [data[i:i + 64] for i in range(0, len(data), 64)]
    return "\n".join('        "' + "".join(f"\\{byte:03o}" for byte in line) + '"' for line in lines)


def asset(name: str, kind: str, text: str, policy: str) -> str:
    packed = gzip.compress(text.encode(), 9, mtime=0)
    tag = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"""const Asset& {name}() {{
    static const std::string_view packed(
{octets(packed)},
        {len(packed)});
    static const std::string_view plain{{
{literal(text)}}};
    static const Asset asset{{"{kind}", plain, packed, "{tag}", "{policy}"}};
    return asset;
}}
"""


def assets(document: pathlib.Path, page: pathlib.Path) -> str:
    import yaml

    text = json.dumps(yaml.safe_load(document.read_text()), separators=(",", ":"), ensure_ascii=False)
    html = page.read_text()
    style = re.search(r"<style>(.*?)</style>", html, re.S)[1]
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return f"""#include "controlplane/api/asset.h"

namespace sonde::controlplane {{

{asset("openapi_asset", "application/json", text, "default-src 'none'; frame-ancestors 'none'")}
{asset("docs_asset", "text/html; charset=utf-8", html, policy)}
}}  // namespace sonde::controlplane
"""


def main() -> None:
    kind, out, *files = sys.argv[1:]
    paths = [pathlib.Path(file) for file in files]
    text = migrations(paths) if kind == "migrations" else channels(paths) if kind == "channels" else assets(*paths)
    pathlib.Path(out).write_text(text)


main()
