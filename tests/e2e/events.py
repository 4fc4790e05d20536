"""The session of docs/events.md, word for word, but for ports and places that are this test's own."""
from session import ROOT, blocks, run
from stack import Stack

PAGE = "docs/events.md"


def test_who_listens_hears_what_the_page_says():
    stack = Stack()
    try:
        output = run(stack, blocks((ROOT / PAGE).read_text()))
        for said in ("heard: incident.opened The shop is closed", "missed: incident.commented while nobody listened",
                     "shell heard it", "python heard it", "cpp heard it"):
            assert said in output, f"{said}\n{output}"
    finally:
        stack.remove()
