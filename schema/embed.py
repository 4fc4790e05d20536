#!/usr/bin/env python3
"""Turns files of this directory into C++ that the programs carry with them.

embed.py migrations OUT FILE...   numbered SQL files into a list of db::Migration
embed.py channels OUT FILE...     declarations of kinds of channels into a list of channel::Source
embed.py names OUT SCHEMA         what templates may name of an event
embed.py pages OUT FILE...        what status pages are made of: templates, style, script, languages
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


def names(schema: pathlib.Path) -> str:
    """Every path that leads from an object of the document to a member in it: what is inside of a list is named from the list's own objects."""
    document = json.loads(schema.read_text())
    found = set()

    def walk(node: dict, above: tuple[str, ...]) -> None:
        if "$ref" in node:
            node = document["$defs"][node["$ref"].removeprefix("#/$defs/")]
        for name, member in node.get("properties", {}).items():
            found.update(".".join((*above[i:], name)) for i in range(len(above) + 1))
            walk(member, (*above, name))
        if "items" in node:
            walk(node["items"], ())

    walk(document, ())
    rows = "\n".join(f'        "{name}",' for name in sorted(found))
    return f"""#include "lib/channel/templates.h"

namespace sonde::channel {{

const std::set<std::string_view>& event_names() {{
    static const std::set<std::string_view> all{{
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
    return f"""#include "controlplane/api/endpoint/asset.h"

namespace sonde::controlplane {{

{asset("openapi_asset", "application/json", text, "default-src 'none'; frame-ancestors 'none'")}
{asset("docs_asset", "text/html; charset=utf-8", html, policy)}
}}  // namespace sonde::controlplane
"""


def template(path: pathlib.Path) -> str:
    """Without indentation, and with its parts (`{{> name}}`, a file beside it) in place."""
    text = "".join(line.strip() + "\n" for line in path.read_text().splitlines())
    return re.sub(r"\{\{> (\w+)\}\}", lambda part: template(path.with_name(part[1] + ".html")).removesuffix("\n"), text)


def pages(files: list[pathlib.Path]) -> str:
    import yaml

    texts = {}
    for path in files:
        if path.suffix == ".yaml":
            texts[path.stem + ".json"] = json.dumps(yaml.safe_load(path.read_text()), ensure_ascii=False)
        elif path.suffix == ".html":
            texts[path.name] = template(path)
        else:
            bare = re.sub(r"/\*.*?\*/|^ *//.*?$", "", path.read_text(), flags=re.S | re.M)
            texts[path.name] = "".join(line.strip() + "\n" for line in bare.splitlines() if line.strip())
    rows = "\n".join(f'        {{"{name}", {literal(text)}}},' for name, text in texts.items())
    return f"""#include "controlplane/status_page/html/sources.h"

#include <map>

namespace sonde::status_page::html {{

std::string_view source(std::string_view name) {{
    static const std::map<std::string_view, std::string_view> all{{
{rows}
    }};
    const auto found = all.find(name);
    return found == all.end() ? std::string_view{{}} : found->second;
}}

}}  // namespace sonde::status_page::html
"""


def main() -> None:
    kind, out, *files = sys.argv[1:]
    paths = [pathlib.Path(file) for file in files]
    makers = {"migrations": migrations, "channels": channels, "names": lambda given: names(*given), "pages": pages, "assets": lambda given: assets(*given)}
    text = makers[kind](paths)
    pathlib.Path(out).write_text(text)


main()
