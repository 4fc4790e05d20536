"""The session of docs/incidents.md, word for word, but for ports and places that are this test's own. What it prints is what the page says, step by step."""
import pytest

from session import ROOT, blocks, check, expectations, matches, run
from stack import Stack

PAGE = "docs/incidents.md"


def test_the_session_goes_as_the_page_says():
    commands = blocks((ROOT / PAGE).read_text())
    assert len(expectations("\n".join(commands))[1]) > 20, "the page says what to expect"
    stack = Stack()
    try:
        run(stack, commands, seconds=240)
    finally:
        stack.remove()


@pytest.mark.parametrize("expected,printed,holds", [
    (["state: up"], "state: up\n", True),
    (["state: up"], "state: upset\n", False),
    (["state: up"], "not state: up\n", False),
    (["state: up"], "earlier\nstate: up\n", True),
    (["state: up"], "state: up\nlater\n", False),
    (["a", "b"], "b\na\n", False),
    (["a … (1)", "b"], "a then 7 (1)\nb\n", True),
    (["a …"], "a\nb\n", False),
    (["a", "…", "d"], "a\nb\nc\nd\n", True),
    (["a", "…", "d"], "a\nd\n", True),
    (["a", "…"], "a\n", True),
])
def test_what_a_page_expects_is_what_was_printed_last(expected, printed, holds):
    assert matches(printed, expected) is holds


def test_a_page_that_lies_at_one_step_is_found_out_there():
    script, steps = expectations("echo one\n# → one\necho two\necho three\n# → two\n# → three\n")
    assert steps == [["one"], ["two", "three"]]
    assert script.count("── step") == 2
    check("one\n── step 1\ntwo\nthree\n── step 2\n", steps)
    for output in ("one\ntwo\nthree\n── step 1\n── step 2\n", "two\nthree\n── step 1\none\n── step 2\n", "one\n── step 1\ntwo\nthree\n"):
        with pytest.raises(AssertionError):
            check(output, steps)
