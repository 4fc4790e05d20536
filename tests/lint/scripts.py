"""The scripts people start: they parse, are executable, and say no to what they do not know."""
import subprocess

import pytest

from tree import ROOT

SCRIPTS = ["run", "test", ".ci/run", "install/debian", "tests/fuzz/run"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_parse_and_may_be_executed(name):
    path = ROOT / name
    assert path.stat().st_mode & 0o111
    assert path.read_text().startswith("#!/usr/bin/env bash\n")
    assert subprocess.run(["bash", "-n", path], timeout=10).returncode == 0


def test_an_unknown_option_of_test_is_refused_with_the_usage():
    result = subprocess.run([ROOT / "test", "--no-such-option"], capture_output=True, text=True, timeout=10)
    assert result.returncode == 2
    assert "--suite" in result.stderr


def test_nothing_missing_installs_nothing_and_asks_for_no_rights(tmp_path):
    (tmp_path / "list").write_text("# a comment\nbash   # another\n")
    result = subprocess.run([ROOT / "install/debian", tmp_path / "list"], capture_output=True, text=True, timeout=10)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_system_that_is_not_debian_is_told_what_to_install(tmp_path):
    (tmp_path / "list").write_text("libnats-dev\n")
    for tool in ("bash", "env", "sed", "tr", "sort"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    result = subprocess.run([ROOT / "install/debian", tmp_path / "list"], capture_output=True, text=True, timeout=10, env={"PATH": str(tmp_path)})
    assert result.returncode == 1
    assert "not a Debian system" in result.stderr and "libnats-dev" in result.stderr


def test_a_missing_package_without_rights_is_said_by_name(tmp_path):
    (tmp_path / "list").write_text("sonde-no-such-package\n")
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    for tool in ("bash", "env", "sed", "tr", "sort", "dpkg-query"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    result = subprocess.run([ROOT / "install/debian", tmp_path / "list"], capture_output=True, text=True, timeout=10, env={"PATH": str(tmp_path)})
    assert result.returncode == 1
    assert "sonde-no-such-package" in result.stderr and "root" in result.stderr
