"""Status pages hold to the rules of HTML, and say the same in every language."""
import json
import re
import subprocess

import pytest
import yaml

from tree import BUILD, ROOT

GOLDEN = ROOT / "tests/unit/status_page/html/golden"
LANGUAGES = ROOT / "controlplane/status_page/language"
TEMPLATES = ROOT / "controlplane/status_page/html/template"
# Lists may have labels, as ARIA has it.
RULES = {"root": True, "extends": ["html-validate:recommended"], "rules": {"aria-label-misuse": ["error", {"allowAnyNamable": True}]}}


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


def test_every_text_of_a_page_is_used():
    """Those of states and conditions go by the names of enums."""
    templates = "".join(path.read_text() for path in TEMPLATES.glob("*.html"))
    code = "".join(path.read_text() for path in TEMPLATES.parent.glob("*.cpp"))
    texts = yaml.safe_load((LANGUAGES / "en.yaml").read_text())
    assert [name for name in texts["page"] if f"{{{{t.{name}}}}}" not in templates and f'text("page", "{name}")' not in code] == []
    assert [name for name in texts["sentence"] if f'say("{name}"' not in code] == []
    assert set(re.findall(r"\{\{t\.(\w+)\}\}", templates)) <= set(texts["page"])
