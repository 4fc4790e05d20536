"""One stack a module; a target and a receiver a test."""
import pytest

import ground
from peers import Nginx, Receiver, Target
from stack import Stack


@pytest.fixture(scope="module")
def stack():
    made = Stack()
    try:
        ground.lay(made)
        made.start()
        yield made
    finally:
        made.remove()


@pytest.fixture
def target():
    made = Target().start()
    yield made
    made.stop()


@pytest.fixture
def receiver():
    made = Receiver().start()
    yield made
    made.stop()


@pytest.fixture
def nginx():
    made = Nginx().start()
    yield made
    made.remove()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """Sites and channels do not outlive their test, and go before its target and its receiver do."""
    if stack := item.funcargs.get("stack"):
        stack.clear()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of every service's log."""
    outcome = yield
    report = outcome.get_result()
    stack = item.funcargs.get("stack") if hasattr(item, "funcargs") else None
    if report.failed and stack is not None:
        report.sections.append(("logs of the stack", stack.logs()))
