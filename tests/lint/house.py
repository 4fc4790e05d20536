"""The rules of the house that a program can hold: sizes, marks of unfinished work, headers, where third parties may be seen."""
import re

from tree import ROOT, files

MOST_LINES = 450
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
# Header-only giants and macro-ridden C headers stay behind one module each.
HIDDEN = re.compile(r"#include <(pqxx|nats/|nats\.h|microhttpd|yaml-cpp|simdjson|re2/|cctz/)")


def text(path) -> str:
    return (ROOT / path).read_text()


def test_no_file_is_too_long_to_be_one_idea():
    long = [(str(f), n) for f in files(".cpp", ".h", ".py", ".sql") if (n := text(f).count("\n")) > MOST_LINES]
    assert long == []


def test_nothing_is_marked_as_unfinished():
    marked = [str(f) for f in files(".cpp", ".h", ".py", ".sh", ".build", ".sql", ".yaml") if UNFINISHED.search(text(f))]
    assert marked == []


def test_every_header_says_what_it_is_for_and_is_included_once():
    for path in files(".h"):
        content = text(path)
        assert content.startswith("//"), f"{path} does not begin with what it is for"
        assert "#pragma once" in content, f"{path} may be included twice"


def test_third_party_headers_that_take_over_stay_in_source_files():
    """A header may show one only if nothing outside its own directory includes it."""
    for header in (f for f in files(".h") if HIDDEN.search(text(f))):
        users = [str(f) for f in files(".h", ".cpp") if f.parent != header.parent and f'"{header}"' in text(f)]
        assert users == [], f"{header} shows a third party's header to others"


def test_no_line_is_longer_than_the_format_allows_by_much():
    wide = [f"{f}:{i}" for f in files(".cpp", ".h") for i, line in enumerate(text(f).splitlines(), 1) if len(line) > 200]
    assert wide == []


def test_operations_come_to_the_database_by_their_call_alone():
    """It is what restricts them and has their writes told (docs/adr/0020-restricted-callers-see-views.md)."""
    mechanism = {"controlplane/api/endpoint/endpoint.h", "controlplane/api/endpoint/endpoint.cpp"} | {"controlplane/api/region/join.cpp"}  # who joins is nobody yet
    past = [str(f) for f in files(".h", ".cpp") if f.parts[0] == "controlplane" and "backend.pool" in text(f) and str(f) not in mechanism]
    assert past == []


def test_a_decision_is_known_by_its_number():
    records = [f for f in files(".md") if f.parts[:2] == ("docs", "adr") and f.name != "README.md"]
    numbers = [int(f.name[:4]) for f in records]
    assert len(set(numbers)) == len(numbers)
    assert [str(f) for f, number in zip(records, numbers) if not text(f).startswith(f"# {number}. ")] == []
