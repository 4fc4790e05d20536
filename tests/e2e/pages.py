"""Status pages in a real browser: readable in light and in dark, on phones and desktops, by keyboard, and without a script; alive with one."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from stack import BUILD
from waiting import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCREENSHOTS = BUILD / "screenshots/pages"


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> pathlib.Path:
    where = tmp_path_factory.mktemp("pages")
    subprocess.run([BUILD / "tests/pages/draw-pages", where], check=True, timeout=60 * PATIENCE)
    return where


@pytest.fixture(scope="module")
def found(pages) -> dict:
    """What the browser saw; the pictures it took are kept with the build."""
    npm = BUILD / "npm/pages"
    subprocess.run([ROOT / "install/npm", ROOT / "tests/pages", npm], check=True, timeout=240)
    # Modules are looked for beside the program.
    program = npm / "browse.mjs"
    program.write_text((ROOT / "tests/pages/browse.mjs").read_text())
    browser = shutil.which("chromium")
    assert browser, "there is no chromium (install/test.packages)"
    result = subprocess.run(["node", program, pages, SCREENSHOTS, browser], capture_output=True, text=True, timeout=400 * PATIENCE, stdin=subprocess.DEVNULL, env=dict(os.environ, HOME=str(npm)))
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    return json.loads(result.stdout)


def test_nothing_keeps_anybody_from_reading(found):
    assert found["violations"] == []


def test_the_browser_has_nothing_to_complain_about(found):
    """Least of all that the page's own policy refuses something in it."""
    assert found["complaints"] == []


def test_a_page_is_one_request(found, pages):
    assert len(found["requests"]) == len(list(pages.glob("*.html"))) >= 14
    assert {name: urls for name, urls in found["requests"].items() if urls != ["/" + name]} == {}


def test_no_page_is_wider_than_a_screen(found):
    assert found["wide"] == []


def test_without_a_script_there_are_the_same_texts(found):
    assert [name for name, text in found["texts"].items() if not text["with"] or text["with"] != text["without"]] == []
    assert "Some systems are down" in found["texts"]["during"]["without"]


def test_days_with_an_outage_are_reached_by_keyboard_and_say_what_was(found):
    assert found["focused"]["text"].split("\n")[0] == "12 December 2025" and "29 minutes" in found["focused"]["text"]
    assert found["focused"]["opacity"] == "1"
    assert found["second"].startswith("31 December 2025")


def test_a_change_is_shown_without_a_reload_and_what_was_opened_stays_open(found):
    assert found["live"] == {"before": "Some systems are down", "after": "All systems operational", "announced": "All systems operational", "open": True, "same": True}


def test_who_subscribes_needs_no_script_and_no_mouse(found, pages):
    assert [page.name for page in pages.glob("subscribe*.html") if "<script" in page.read_text()] == []
    forms = found["forms"]
    components = [["component", one] for one in re.findall(r'name="component" value="([^"]+)" checked', (pages / "subscribe.html").read_text())]
    assert len(components) > 2
    assert forms["subscribe"]["sent"] == [{"to": "/subscribe", "fields": [["kind", "email"], ["address", "reader@example.org"], *components]}]
    assert "a message is on its way" in forms["subscribe"]["answer"]
    assert forms["subscribe-confirm"]["sent"] == [{"to": "/subscribe-confirm", "fields": []}] and "You are subscribed." in forms["subscribe-confirm"]["answer"]
    assert forms["subscribe-manage"]["sent"] == [{"to": "/subscribe-manage", "fields": [["component", "website"]]}]
    assert forms["subscribe-unsubscribe"]["sent"] == [{"to": "/subscribe-unsubscribe", "fields": []}] and "your address is erased" in forms["subscribe-unsubscribe"]["answer"]
    assert forms["refilled"] == "reader@" and forms["invalid"]


def test_pictures_are_kept(found):
    for name in ("before-desktop-light", "during-desktop-dark", "during-phone-dark", "dressed-phone-light", "hr-desktop-light", "day-desktop-light"):
        assert (SCREENSHOTS / f"{name}.png").stat().st_size > 10_000, name
