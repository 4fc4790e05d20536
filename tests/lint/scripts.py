"""The scripts people start: they parse, are executable, and say no to what they do not know."""
import subprocess

import pytest

from tree import ROOT

SCRIPTS = ["run", "test", ".ci/run", "install/debian", "install/npm", "tests/fuzz/run"]


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


def test_what_another_package_provides_is_not_missing(tmp_path):
    """Node.js of its own makers brings npm, and does not suffer Debian's beside it."""
    (tmp_path / "list").write_text("npm\n")
    (tmp_path / "dpkg-query").write_text("#!/bin/sh\ncase $* in *Provides*) echo 'installed, nodejs-dev, npm (= 9.2)' ;; *) exit 1 ;; esac\n")
    (tmp_path / "dpkg-query").chmod(0o755)
    for tool in ("bash", "env", "sed", "tr", "sort", "sh"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    result = subprocess.run([ROOT / "install/debian", tmp_path / "list"], capture_output=True, text=True, timeout=10, env={"PATH": str(tmp_path)})
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_packages_of_npm_that_are_there_already_are_not_asked_for_again(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "package-lock.json").write_text("{}\n")
    (tmp_path / "there").mkdir()
    (tmp_path / "there/.installed").write_text("{}\n")
    for tool in ("bash", "env", "mkdir", "flock", "cmp", "dirname", "basename"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    environment = {"PATH": str(tmp_path)}
    there = subprocess.run([ROOT / "install/npm", source, tmp_path / "there"], capture_output=True, text=True, timeout=10, env=environment)
    assert (there.returncode, there.stdout, there.stderr) == (0, "", "")
    new = subprocess.run([ROOT / "install/npm", source, tmp_path / "new"], capture_output=True, text=True, timeout=10, env=environment)
    assert new.returncode == 1 and "nodejs and npm" in new.stderr


def test_no_lock_file_says_from_where_its_packages_came():
    """Whose registry that is, is the machine's matter."""
    for lock in (ROOT / "tests").rglob("package-lock.json"):
        assert '"resolved"' not in lock.read_text(), lock
