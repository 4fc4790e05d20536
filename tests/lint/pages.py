"""Status pages hold to the rules of HTML, feeds to those of feeds, and all say the same in every language."""
import json
import re
import subprocess
from xml.etree import ElementTree

import feedparser
import pytest
import yaml

from tree import BUILD, ROOT

GOLDEN = ROOT / "tests/unit/status_page/html/golden"
FORMATS = ROOT / "tests/unit/status_page/format/golden"
LANGUAGES = ROOT / "controlplane/status_page/language"
TEMPLATES = ROOT / "controlplane/status_page/html/template"
# Lists may have labels, as ARIA has it. The widget, one line without anything to be lost in it, asks for itself anew. Boxes to tick of one name are a choice of several.
RULES = {"root": True, "extends": ["html-validate:recommended"], "rules": {"aria-label-misuse": ["error", {"allowAnyNamable": True}], "meta-refresh": "off",
                                                                                 "form-dup-name": ["error", {"shared": ["radio", "checkbox", "button", "reset", "submit"]}]}}


@pytest.fixture(scope="module")
def validator():
    npm = BUILD / "npm/pages"
    subprocess.run([ROOT / "install/npm", ROOT / "tests/pages", npm], check=True, timeout=240)
    rules = npm / "rules.json"
    rules.write_text(json.dumps(RULES))
    return [npm / "node_modules/.bin/html-validate", "--config", rules]


def test_a_validator_finds_nothing_in_the_golden_pages(validator):
    pages = sorted(GOLDEN.glob("*.html"))
    assert len(pages) >= 5
    result = subprocess.run([*validator, *pages], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_validator_would_find_a_mistake(validator, tmp_path):
    broken = tmp_path / "broken.html"
    broken.write_text((GOLDEN / "current-en.html").read_text().replace("</ol>", "</ul>", 1))
    result = subprocess.run([*validator, broken], capture_output=True, text=True, timeout=120)
    assert result.returncode == 1 and "close-order" in result.stdout


def test_a_validator_finds_nothing_in_the_page_of_a_benchmark(validator, tmp_path):
    """Made of a run's report with targets of all kinds (`tests/lint/benchmark/report.json`), and of one in which everything went wrong."""
    sample = ROOT / "tests/lint/benchmark/report.json"
    whole = json.loads(sample.read_text())
    bad = whole | {"repeat": 3, "steady": False, "restarted": ["engine"], "errors": {"total": 1, "engine": 1, "first": {"engine": "error <b>&"}}, "missed": 1, "cpu_us_per_check": None,
                   "limits": {"ratios": {"agent": {"us": 90.0, "limit_us": 70.0, "ratio": 1.29, "limit": "agent_us"}}}}
    bad["timeline"] = whole["timeline"] | {"storm": {"t": [], "opened": [], "resolved": [], "planned": [], "sent": []}}
    (tmp_path / "bad.json").write_text(json.dumps(bad))
    pages = []
    for report in (sample, tmp_path / "bad.json"):
        made = subprocess.run([ROOT / "bench/report", report], capture_output=True, text=True, timeout=30)
        assert made.returncode == 0, made.stderr
        pages.append(tmp_path / f"{report.stem}.html")
        pages[-1].write_text(made.stdout)
    assert "error &lt;b&gt;&amp;" in pages[1].read_text()
    result = subprocess.run([*validator, *pages], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_text_of_a_page_is_used():
    """Those of states and conditions go by the names of enums."""
    templates = "".join(path.read_text() for path in TEMPLATES.glob("*.html"))
    code = "".join(path.read_text() for path in TEMPLATES.parent.glob("*.cpp"))
    texts = yaml.safe_load((LANGUAGES / "en.yaml").read_text())
    assert [name for name in texts["page"] if f"{{{{t.{name}}}}}" not in templates and f'text("page", "{name}")' not in code] == []
    assert [name for name in texts["guard"] if f"{{{{g.{name}}}}}" not in templates and f'text("guard", "{name}")' not in code] == []
    views = (TEMPLATES.parent / "subscribe.h").read_text()
    assert [name for name in texts["subscribe"] if f"{{{{s.{name}}}}}" not in templates and f'"{name}"' not in code + views] == []
    assert [name for name in texts["sentence"] if f'say("{name}"' not in code] == []
    assert set(re.findall(r"\{\{t\.(\w+)\}\}", templates)) <= set(texts["page"])


@pytest.mark.parametrize("name", ["feed.rss", "feed.atom", "feed-hr.atom"])
def test_a_feed_reader_finds_what_was_told(name):
    read = feedparser.parse((FORMATS / name).read_bytes())
    assert not read.bozo, read.bozo_exception
    assert read.version == ("rss20" if name.endswith(".rss") else "atom10")
    assert read.feed.title == "Acme & Söhne"
    assert read.feed.link == "https://status.acme.example/"
    assert len({entry.id for entry in read.entries}) == len(read.entries) == 4
    first = read.entries[0]
    assert first.title == "Orders are slow" and first.link == "https://status.acme.example/incidents/inc_06ht3e8gt0000"
    told = first.summary if name.endswith(".rss") else first.content[0].value
    assert "A disk is full." in told and "<p>" in told
    assert all(entry.get("updated_parsed") or entry.get("published_parsed") for entry in read.entries)


def test_a_json_feed_has_what_its_version_asks_for():
    feed = json.loads((FORMATS / "feed.json").read_text())
    assert feed["version"] == "https://jsonfeed.org/version/1.1" and feed["title"] and feed["feed_url"].startswith("https://")
    for item in feed["items"]:
        assert item["id"] and item["url"].startswith("https://") and item["content_html"] and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", item["date_modified"])


@pytest.mark.parametrize("name", ["poison.rss", "poison.atom", "poison.svg", "badge-state.svg", "badge-uptime.svg", "badge-response-time.svg"])
def test_whatever_the_texts_are_xml_is_well_formed(name):
    root = ElementTree.fromstring((FORMATS / name).read_bytes())
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags.isdisjoint({"b", "script", "style"})
    if name.startswith("poison"):
        assert any("]]><b a=" in (element.text or "") for element in root.iter())
