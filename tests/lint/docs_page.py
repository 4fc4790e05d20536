"""The page that is made of the OpenAPI document: whole, well-formed, and without anything that loads or runs."""
import html.parser
import re
import subprocess
import sys

import pytest

from tree import ROOT

sys.path.append(str(ROOT / "tests/openapi"))
import document as contract  # noqa: E402

VOID = {"meta", "br", "link", "img", "input", "hr"}
DOCUMENT = contract.load()


class Outline(html.parser.HTMLParser):
    """Elements that end in the order they began in, with their ids, links and text."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.ids, self.links, self.tags, self.attributes, self.text, self.wrong = [], [], [], set(), set(), [], []
        self.feed(text)
        self.close()
        self.wrong += [f"{tag} is not closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src"):
                self.links.append(value)
        if tag not in VOID:
            if tag == "p" and "p" in self.open:
                self.wrong.append(f"a paragraph within another, {self.getpos()}")
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> where it is not open, {self.getpos()}")

    def handle_data(self, data):
        self.text.append(data)


def render(tmp_path, text: str) -> str:
    (tmp_path / "openapi.yaml").write_text(text)
    subprocess.run(["/usr/bin/python3", "-B", ROOT / "schema/docs/page.py", tmp_path / "docs.html", tmp_path / "openapi.yaml", ROOT / "schema/docs/style.css"], check=True, timeout=60)
    return (tmp_path / "docs.html").read_text()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return render(tmp_path_factory.mktemp("docs"), contract.PATH.read_text())


def test_it_is_well_formed_and_every_link_leads_somewhere(page):
    outline = Outline(page)
    assert outline.wrong == []
    assert len(outline.ids) == len(set(outline.ids))
    assert {link for link in outline.links if not link.startswith("#")} == {"openapi.json"}
    assert {link[1:] for link in outline.links if link.startswith("#")} <= set(outline.ids)


def test_it_loads_and_runs_nothing(page):
    outline = Outline(page)
    assert outline.tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "svg"})
    assert not [name for name in outline.attributes if name == "style" or name == "src" or name.startswith("on")]
    assert "url(" not in page and "@import" not in page


def test_every_operation_is_there_with_its_permission_its_parameters_and_its_answers(page):
    for operation in contract.operations(DOCUMENT):
        section = re.search(rf'<section class="operation" id="{operation.name}">(.*?)</section>', page, re.S)
        assert section, f"{operation} is not there"
        text = " ".join("".join(Outline(section[1]).text).split())
        assert operation.node["summary"].replace("`", "") in text, operation
        permission = operation.node.get("x-sonde-permission")
        needs = f"the permission {permission}" if permission else "no token"
        assert f"Needs {needs}." in text, operation
        assert all(p["name"] in text for p in operation.parameters), operation
        assert all(code in text for code in operation.node["responses"] if code != "default"), operation


def test_every_schema_is_there_with_its_fields(page):
    for name, schema in DOCUMENT["components"]["schemas"].items():
        section = re.search(rf'<section class="schema" id="schema-{name}">(.*?)</section>', page, re.S)
        assert section, f"{name} is not there"
        assert all(f"<code>{field}</code>" in section[1] for field in schema.get("properties", {})), name


def test_the_permission_shown_is_the_one_in_the_document(tmp_path):
    text = re.sub(r"x-sonde-permission: \S+", "x-sonde-permission: made.up", contract.PATH.read_text(), count=1)
    assert "Needs the permission <code>made.up</code>." in render(tmp_path, text)


def test_what_looks_like_markup_in_the_document_is_text(tmp_path):
    text = contract.PATH.read_text().replace("summary: List sites", "summary: 'List <script>alert(1)</script> & \"sites\"'", 1)
    page = render(tmp_path, text)
    assert "<script" not in page and "List &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;sites&quot;." in page
