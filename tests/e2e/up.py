"""`sonde up`: starts, stops, finds its data again, and says what is wrong."""
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess

import pytest

from peers import free_port
from stack import SONDE, Stack, alive, sonde
from waiting import PATIENCE, eventually

PROCESSES = ["postgres", "nats", "controlplane", "eu-1", "us-1", "ap-1", "engine", "notifier"]


@pytest.fixture(scope="module")
def stack():
    made = Stack()
    yield made
    made.remove()


def test_the_first_start_says_where_it_is_and_shows_the_token_once(stack):
    result = stack.start()
    endpoints = stack.endpoints
    assert f"Sonde is ready: {endpoints['api']}" in result.stdout
    assert stack.path("token_file").read_text().strip() in result.stdout
    assert stack.path("token_file").read_text().strip() not in (stack.data / "log/up.log").read_text(), "a log is no place for it"
    assert sorted(endpoints["processes"]) == sorted(PROCESSES) == sorted(endpoints["logs"])
    assert stack.call("GET", "/v1/sites").status_code == 200
    assert stack.call("GET", "/v1/sites", headers={"Authorization": "Bearer sonde_wrong"}).status_code == 401
    stored = stack.query("select encode(hash, 'escape') from client_secret")
    assert len(stored) == 1 and "sonde_" not in stored[0][0]


def test_tokens_are_made_rotated_listed_and_revoked_by_the_command(stack):
    def works(token):
        return stack.call("GET", "/v1/sites", headers={"Authorization": f"Bearer {token}"}).status_code == 200

    def token(*arguments):
        return sonde("token", *arguments, "--data", stack.data)

    first = token("create", "--name", "deploy", "--role", "viewer", "--expires", "90d").stdout.strip()
    assert works(first)
    second = token("rotate", "--name", "deploy", "--overlap", "1h").stdout.strip()
    assert works(first) and works(second)
    assert " deploy\n" in token("list").stdout and second not in token("list").stdout
    assert token("create", "--name", "x", "--role", "nobody").returncode != 0
    assert token("revoke", "--name", "deploy").returncode == 0
    eventually(lambda: not works(first) and not works(second), 30, "revoked tokens are refused")
    assert token("rotate", "--name", "deploy").returncode != 0
    told = [entry["action"] for entry in stack.call("GET", "/v1/audit?actor=cli").json()["items"]]
    assert told[0] == "client.revoke" and told[-1] == "client.create" and "client_secret.create" in told, told


def test_what_holds_secrets_is_for_its_owner_only(stack):
    for path in [stack.data / "endpoints.json", stack.data / "admin-token", *(stack.data / "secrets").iterdir(), *(stack.data / "config").iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_everything_listens_on_this_machine_only(stack):
    ports = {p["port"] for p in stack.endpoints["processes"].values()}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        address, port = line.split()[1].split(":")
        if line.split()[3] == "0A" and int(port, 16) in ports:
            assert address == "0100007F", line
    for line in pathlib.Path("/proc/net/tcp6").read_text().splitlines()[1:]:
        assert not (line.split()[3] == "0A" and int(line.split()[1].split(":")[1], 16) in ports), line


def test_status_shows_every_process(stack):
    result = sonde("up", "--status", "--data", stack.data)
    assert result.returncode == 0, result.stdout
    for name in PROCESSES:
        assert re.search(rf"^{name}\s+{stack.pid(name)}\s+ready\s+0\s+\d+\s+[\d.]+ MiB$", result.stdout, re.MULTILINE), result.stdout


def test_a_second_supervisor_of_the_same_data_is_refused(stack):
    result = sonde("up", "--data", stack.data)
    assert result.returncode == 1
    assert result.stderr.startswith("sonde: Sonde runs in ") and result.stderr.count("\n") == 1


def test_a_child_that_dies_is_started_again_and_that_is_said(stack):
    old = stack.kill("engine")
    stack.back("engine", old)
    assert f"engine (process {old}) was ended by signal 9 (Killed); restarting in 500ms (restart 1)" in (stack.data / "log/up.log").read_text()
    eventually(lambda: re.search(r"^engine +\d+ +ready +1 ", sonde("up", "--status", "--data", stack.data).stdout, re.MULTILINE), 30, "the status shows it")


def test_stop_ends_what_it_started_and_a_second_start_finds_everything_again(stack):
    site = stack.post("/v1/sites", {"name": "Kept"})["id"]
    before = stack.endpoints
    pids = [p["pid"] for p in before["processes"].values()]
    config = stack.data / "config/engine.yaml"
    config.write_text(config.read_text() + "# mine\n")
    stack.stop()
    assert [pid for pid in pids if alive(pid)] == []
    assert sonde("up", "--status", "--data", stack.data).returncode == 3
    assert sonde("up", "--stop", "--data", stack.data).returncode == 0

    result = stack.start()
    assert stack.path("token_file").read_text().strip() not in result.stdout, "it is shown at the first start only"
    assert stack.get(f"/v1/sites/{site}")["name"] == "Kept"
    assert config.read_text().endswith("# mine\n")
    assert stack.endpoints["api"] == before["api"] and stack.endpoints["postgres_dsn"] == before["postgres_dsn"]
    assert stack.endpoints["nats_url"] == before["nats_url"]


def test_a_supervisor_that_is_killed_leaves_nothing_behind_and_the_next_one_starts(stack):
    pids = [p["pid"] for p in stack.endpoints["processes"].values()]
    supervisor = int((stack.data / "up.pid").read_text().split()[0])
    os.kill(supervisor, signal.SIGKILL)
    eventually(lambda: not [pid for pid in pids if alive(pid)], 40, "all have ended")
    assert sonde("up", "--status", "--data", stack.data).returncode == 3
    stack.start()
    assert [s["name"] for s in stack.get("/v1/sites")["items"]] == ["Kept"]


def test_a_configuration_with_an_unknown_key_stops_the_start_with_file_and_line(stack):
    stack.stop()
    config = stack.data / "config/notifier.yaml"
    before = config.read_text()
    config.write_text(before + "no_such_key: 1\n")
    result = sonde("up", "--background", "--data", stack.data)
    config.write_text(before)
    assert result.returncode == 1
    assert f"{config}:{before.count(chr(10)) + 1}: " in result.stderr and "no_such_key" in result.stderr
    assert "terminate called" not in result.stderr
    assert not [line for line in processes() if str(stack.data) in line], "what had been started has ended"


def test_a_reload_with_a_mistake_keeps_the_last_good_configuration(stack):
    stack.start()
    pid = stack.pid("eu-1")
    config = stack.data / "config/agent-eu.yaml"
    before = config.read_text()
    config.write_text(before + "no_such_key: 1\n")
    os.kill(pid, signal.SIGHUP)
    log = pathlib.Path(stack.endpoints["logs"]["eu-1"])
    eventually(lambda: "no_such_key" in log.read_text(), 15, "the mistake is in the log")
    config.write_text(before)
    assert alive(pid) and stack.pid("eu-1") == pid


def test_fresh_starts_over(stack):
    stack.stop()
    old = stack.session.headers["Authorization"]
    stack.start("--fresh", "--port", "0")
    assert stack.session.headers["Authorization"] != old
    assert stack.get("/v1/sites")["items"] == []


def test_ctrl_c_stops_everything(stack):
    stack.stop()
    process = subprocess.Popen([SONDE, "up", "--data", stack.data], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    for line in process.stdout:
        if "Ctrl-C" in line:
            break
    pids = [p["pid"] for p in stack.endpoints["processes"].values()]
    assert all(alive(pid) for pid in pids)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    output = process.communicate(timeout=60 * PATIENCE)[0]
    assert process.returncode == 0 and output.rstrip().endswith("Stopped"), output
    assert "did not end" not in output and "was ended by signal" not in output
    assert [pid for pid in pids if alive(pid)] == []


def test_a_port_in_use_is_said_before_anything_is_started(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port()))
        other.listen()
        port = other.getsockname()[1]
        result = sonde("up", "--data", tmp_path / "data", "--port", port)
    assert result.returncode == 1
    assert result.stderr.startswith(f"sonde: port {port} is in use by another program") and result.stderr.count("\n") == 1
    assert not (tmp_path / "data/postgres").exists()


def test_a_directory_that_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    for options in ([], ["--fresh"]):
        result = sonde("up", "--data", tmp_path, *options)
        assert result.returncode == 1 and "is not empty" in result.stderr and result.stderr.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    result = sonde("up", "--data", tmp_path / "file/data")
    assert result.returncode == 1 and "cannot make the directory" in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.skipif(shutil.which("mount") is None or os.geteuid() != 0, reason="needs root, to make a small disk")
def test_a_full_disk_is_said(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True).returncode != 0:
        pytest.skip("may not mount here")
    try:
        result = sonde("up", "--data", disk / "data")
        assert result.returncode == 1 and "is full" in result.stderr and result.stderr.count("\n") == 1
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="as another user PostgreSQL runs as that user")
def test_data_below_a_private_directory_of_root_keeps_its_database_where_the_server_may_go():
    private = Stack()
    private.root.chmod(0o700)
    place = None
    try:
        result = private.start()
        place = (private.data / "postgres").readlink()
        assert str(place).startswith("/var/lib/sonde/") and f"its data is in {place}" in result.stdout
        assert private.get("/v1/sites")["items"] == []
    finally:
        private.remove()
        if place:
            shutil.rmtree(place.parent)


def processes() -> list[str]:
    """The command lines of all processes."""
    lines = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return lines
