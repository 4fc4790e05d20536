"""Every shipped example is a configuration that its service takes; docs/config.md is what the services say of themselves."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

from tree import BUILD, PROGRAMS, ROOT

CONFIG = ROOT / "config"
DOCS = ROOT / "docs/config.md"
SONDE = BUILD / "cli/sonde"
HEAD = """# Configuration

Each service reads one YAML file (`--config FILE`). Keys are written nested or dotted; `${NAME}` and `${NAME:-default}` in values are taken
from the environment. An unknown key is refused with file and line. `--check-config` reads a file and says what is wrong with it,
`--print-config` prints the values in force, SIGHUP takes the reloadable ones over. This page is made of what `--config-reference` prints; to renew it:
`SONDE_UPDATE_GOLDEN=1 ./test --suite lint`.
"""


def run(service: str, *arguments: str, env: dict | None = None) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAMS[service], *arguments], capture_output=True, text=True, timeout=30, env={**os.environ, **(env or {})})


def examples() -> list[pathlib.Path]:
    return sorted(CONFIG.glob("*.yaml"))


def environment(path: pathlib.Path) -> dict[str, str]:
    """A value for each variable the file asks for."""
    values = {name: "value" for name in re.findall(r"\$\{(\w+)", path.read_text())}
    return values | {k: "postgresql://sonde@db.example/sonde" for k in values if k.endswith("DSN")}


def service_of(path: pathlib.Path) -> str:
    return next(s for s in PROGRAMS if path.stem.startswith(s))


@pytest.mark.parametrize("path", examples(), ids=lambda p: p.name)
def test_every_example_is_taken_by_its_service(path):
    result = run(service_of(path), "--config", str(path), "--check-config", env=environment(path))
    assert result.returncode == 0, result.stderr


def test_there_is_an_example_for_every_service():
    assert {service_of(p) for p in examples()} == set(PROGRAMS)


@pytest.mark.parametrize("service", PROGRAMS)
def test_an_unknown_key_is_refused_with_file_and_line(service, tmp_path):
    path = next(p for p in examples() if service_of(p) == service)
    broken = tmp_path / "broken.yaml"
    text = path.read_text().rstrip("\n") + "\nno_such_key: 1\n"
    broken.write_text(text)
    result = run(service, "--config", str(broken), "--check-config", env=environment(path))
    assert result.returncode == 2
    assert f"{broken}:{text.count(chr(10))}: " in result.stderr and "no_such_key" in result.stderr


@pytest.mark.parametrize("path", sorted((CONFIG / "systemd").glob("*.service")), ids=lambda p: p.name)
def test_units_start_programs_that_exist_with_examples_that_exist_and_are_confined(path):
    text = path.read_text()
    program, config = re.search(r"^ExecStart=/usr/bin/(\S+) --config /etc/sonde/(\S+)$", text, re.MULTILINE).groups()
    assert program in {p.name for p in PROGRAMS.values()}
    assert (CONFIG / config.replace("%i", "agent")).exists()
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "Restart=always", "ExecReload=/bin/kill -HUP $MAINPID"):
        assert line in text.splitlines(), line


def test_the_reference_is_what_the_services_say():
    parts = [HEAD]
    for service in PROGRAMS:
        result = run(service, "--config-reference")
        assert result.returncode == 0, result.stderr
        parts.append(f"## sonde-{service}\n\n{result.stdout.strip()}\n")
    expected = "\n".join(parts)
    if os.environ.get("SONDE_UPDATE_GOLDEN") == "1":
        DOCS.write_text(expected)
    assert DOCS.read_text() == expected, "docs/config.md is out of date: SONDE_UPDATE_GOLDEN=1 ./test --suite lint renews it"


@pytest.mark.parametrize("who", ["admission.conf", "users.conf"])
def test_the_cluster_example_names_each_of_three_nodes_and_is_taken_by_the_server(who, tmp_path):
    text = (CONFIG / "nats/cluster.conf").read_text()
    assert len(set(re.findall(r"nats://[\w.-]+:6222", text))) == 3
    if who == "admission.conf":
        made = subprocess.run([SONDE, "bus", "--key-file", tmp_path / "bus.key", "--dir", tmp_path, "--accounts", tmp_path / "accounts"], capture_output=True, text=True, timeout=30)
        assert made.returncode == 0, made.stderr
        assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
            "bus.key": 0o600, "admission.conf": 0o644, "controlplane.creds": 0o600, "engine.creds": 0o600, "subscriber.creds": 0o600,
            "administrator.creds": 0o600}
    else:
        shutil.copy(CONFIG / "nats/users.conf", tmp_path)
    # The server loads certificates even when it only checks; ours are the reader's to make.
    plain = re.sub(r"^ *tls \{[^}]*\}\n", "", text, flags=re.MULTILINE).replace('include "admission.conf"', f'include "{who}"')
    (tmp_path / "cluster.conf").write_text(plain)
    variables = {name: "value" for name in re.findall(r"[ :]\$([A-Z_]+)\b", plain + (tmp_path / who).read_text())}
    server = shutil.which("nats-server", path="/usr/sbin:" + os.environ["PATH"])
    result = subprocess.run([server, "-t", "-c", tmp_path / "cluster.conf"], capture_output=True, text=True, timeout=10, env=variables)
    assert result.returncode == 0, result.stderr


def test_yaml_examples_are_yaml():
    for path in examples():
        assert isinstance(yaml.safe_load(path.read_text()), dict), path
