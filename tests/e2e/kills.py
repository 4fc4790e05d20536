"""Every process may die at any moment: the same incident and the same pages come out, none lost, none twice."""
import pytest

from story import Outage


@pytest.mark.parametrize("name", ["controlplane", "engine", "notifier", "eu-1", "us-1", "ap-1"])
def test_a_service_killed_in_the_middle_of_an_outage_changes_nothing(stack, target, receiver, name):
    outage = Outage(stack, target, receiver, f"{name} killed")
    outage.begin()
    first = stack.kill(name)
    stack.back(name, first)
    outage.wait_open()
    second = stack.kill(name)  # again, while the page is on its way
    stack.back(name, second)
    outage.end()
    outage.check_told_once(repeats_allowed=name == "notifier")
