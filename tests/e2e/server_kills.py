"""The servers beneath may die too, and the bus may lose all it had."""
import shutil

import pytest

from story import Outage
from waiting import eventually


@pytest.mark.parametrize("name", ["nats", "postgres"])
def test_a_server_killed_in_the_middle_of_an_outage_changes_nothing(stack, target, receiver, name):
    outage = Outage(stack, target, receiver, f"{name} killed")
    outage.begin()
    first = stack.kill(name)
    stack.back(name, first)
    outage.wait_open()
    second = stack.kill(name)
    stack.back(name, second)
    outage.end()
    # A notifier that lost the database between sending and noting it cannot know, and repeats it under the same id.
    outage.check_told_once(repeats_allowed=name == "postgres")


def test_a_bus_that_lost_its_whole_store_in_the_middle_of_an_outage_is_made_anew(stack, target, receiver):
    outage = Outage(stack, target, receiver, "store deleted")
    outage.begin()
    first = stack.kill("nats")
    shutil.rmtree(stack.data / "nats/jetstream")
    stack.back("nats", first)
    outage.wait_open(90)
    outage.end(90)
    outage.check_told_once()


@pytest.mark.parametrize("streams", [["SONDE_JOBS_eu", "SONDE_URGENT_us"], ["SONDE_RESULTS"], ["SONDE_EVENTS"]], ids=lambda s: "+".join(s))
def test_a_stream_deleted_in_the_middle_of_an_outage_is_made_anew(stack, target, receiver, streams):
    outage = Outage(stack, target, receiver, f"{streams[0]} deleted")
    with stack.bus() as bus:
        outage.begin()
        for stream in streams:
            assert bus.jetstream(f"STREAM.DELETE.{stream}").get("success"), stream
        outage.wait_open(90)
        outage.end(90)
        outage.check_told_once()
        for stream in streams:
            eventually(lambda: "config" in bus.jetstream(f"STREAM.INFO.{stream}"), 60, f"{stream} is there again")
    stack.wait_up_everywhere(outage.monitor, seconds=60)


def delete_consumer(bus, stream, name):
    """Deletes it, or has it that it is gone: NATS 2.9 removes it, and yet says 500 "directory not empty" where its state is being written."""
    deleted = bus.jetstream(f"CONSUMER.DELETE.{stream}.{name}")
    assert deleted.get("success") or "directory not empty" in deleted.get("error", {}).get("description", ""), f"{name}: {deleted}"


@pytest.mark.parametrize("stream,consumer", [("SONDE_JOBS_eu", "agents"), ("SONDE_RESULTS", None)], ids=["jobs", "results"])
def test_a_consumer_deleted_in_the_middle_of_an_outage_is_made_anew(stack, target, receiver, stream, consumer):
    outage = Outage(stack, target, receiver, f"{stream} without consumers")
    with stack.bus() as bus:
        outage.begin()
        for name in [consumer] if consumer else bus.jetstream(f"CONSUMER.NAMES.{stream}")["consumers"]:
            delete_consumer(bus, stream, name)
        outage.wait_open(90)
        outage.end(90)
        outage.check_told_once()
    stack.wait_up_everywhere(outage.monitor, seconds=60)
