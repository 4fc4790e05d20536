"""The session of docs/incidents.md, word for word, but for ports and places that are this test's own."""
from session import ROOT, blocks, run
from stack import Stack

PAGE = "docs/incidents.md"


def test_the_session_goes_as_the_page_says():
    stack = Stack()
    try:
        output = run(stack, blocks((ROOT / PAGE).read_text()), seconds=240)
        for said in ("state: acknowledged by token:admin", "assigned to: ann", "severity: minor, set by hand", "public: identified",
                     "state: resolved by token:admin", "state: open again, 1 time(s)", "resolved by engine", "Nobody was told yet, for",
                     "confirmation: assumed from the next round", "would have opened", "pages added by `any`: 2",
                     "advisory: blocked_address from ap", "the monitor is up, with 1 of 3 regions against it", "ap is quarantined: anchors_failing",
                     "the advisory is over: region_quarantined", "ap is voting", "told of: router; affected: 1", "open incidents inside the window: 0",
                     "opened at the end of the window: maintenance_ended", "damped: flapping_began", "incidents: 5, the budget is used up",
                     "postmortem: version 2, published", "token:admin assigned it from nobody to ann."):
            assert said in output, f"{said}\n{output}"
    finally:
        stack.remove()
