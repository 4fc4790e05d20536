"""A disk that is full: nothing is decided while nothing can be written, nothing is thrown away, and it goes on by itself."""
import os
import pathlib
import shutil
import subprocess

import psycopg2
import pytest

from stack import Stack
from story import Outage
from waiting import eventually

SIZE = "200m"  # a new database takes half of it


@pytest.fixture(scope="module")
def stack():
    """Its database is on a file system of its own, in memory."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system to fill up")
    made = Stack()
    place = made.data / "postgres"
    try:
        made.start()
        made.stop()
        owner = place.stat()
        aside = place.rename(made.root / "aside")
        place.mkdir()
        options = f"size={SIZE},mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True).returncode != 0:
            pytest.skip("this machine lets nobody mount a tmpfs")
        subprocess.run(["cp", "-a", f"{aside}/.", place], check=True)
        shutil.rmtree(aside)
        made.start()
        yield made
    finally:
        try:
            ballast(made).unlink(missing_ok=True)
            if (made.data / ".sonde").exists():
                made.stop()
        finally:
            subprocess.run(["umount", "-l", place], capture_output=True)
            made.remove()


def ballast(stack) -> pathlib.Path:
    return stack.data / "postgres/ballast"


def fill(stack):
    """To the last byte."""
    with ballast(stack).open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def refuses_to_write(stack) -> bool:
    """Whether the database itself meets the end of the disk: what it has in reserve is used up first."""
    try:
        stack.query("create table if not exists filler (text text); alter table filler alter text set storage external; "
                    "insert into filler select repeat('x', 8000) from generate_series(1, 500) returning 1")
        return False
    except psycopg2.Error:
        return True


def test_a_disk_that_is_full_when_an_outage_begins_delays_it_and_loses_nothing(stack, target, receiver):
    outage = Outage(stack, target, receiver, "disk full")
    parked = stack.bus().messages_in("SONDE_PARKED")
    fill(stack)
    try:
        eventually(lambda: refuses_to_write(stack), 30, "the database cannot write any more")
        outage.begin()
        before = stack.bus().messages_in("SONDE_RESULTS")
        engine = stack.pid("engine")
        eventually(lambda: stack.bus().messages_in("SONDE_RESULTS") > before + 3 or stack.incidents(outage.site), 40, "results wait in the stream, or there was room for them still")
        assert stack.pid("engine") == engine, "the engine waits, it does not end"
    finally:
        ballast(stack).unlink()
    outage.wait_open(60)
    outage.end(90)
    outage.check_told_once(repeats_allowed=True)
    assert stack.bus().messages_in("SONDE_PARKED") == parked, "no result was put aside for it"
    eventually(lambda: stack.bus().messages_in("SONDE_RESULTS") == 0, 30, "all results are decided on")
