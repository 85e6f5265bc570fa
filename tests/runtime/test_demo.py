"""`make demo` as a newcomer meets it: cold, killed, started again, ended, cleaned."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldservice.runtime import ports, postgres, valkey
from fieldservice.runtime.clusters import cluster
from fieldservice.runtime.demo import as_table, demo_facts
from fieldservice.runtime.files import read_json
from fieldservice.runtime.supervisor import group_lives
from tests.runtime.processes import environment, eventually, finish, forget, interrupt, popen

SEEDED = {
    "tenants": [{"slug": "acme", "name": "Acme"}, {"slug": "globex", "name": "Globex"}],
    "sign_ins": [
        {"role": "dispatcher", "email": "dora@acme.example", "password": "secret", "tenant": "acme"}
    ],
    "api_token": "fst_abc",
    "customer_link": "/c/acme/r/xyz",
    "anything_else": 1,
}
KEYS = ["base_url", "tenants", "sign_ins", "api_token", "customer_link"]


def test_the_facts_have_the_promised_shape_and_a_link_that_opens() -> None:
    facts = demo_facts(SEEDED, "http://127.0.0.1:8001")
    assert list(facts) == KEYS
    assert facts["customer_link"] == "http://127.0.0.1:8001/c/acme/r/xyz"
    assert (
        demo_facts({**SEEDED, "customer_link": "https://x/y"}, "http://z")["customer_link"] == "https://x/y"
    )


def test_the_table_is_for_a_person() -> None:
    lines = as_table(demo_facts(SEEDED, "http://127.0.0.1:8001")).splitlines()
    assert lines[0].split() == ["tenant", "role", "email", "password"]
    assert lines[2].split() == ["acme", "dispatcher", "dora@acme.example", "secret"]
    assert "API token      fst_abc" in lines


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    forget(tmp_path)


def demo(data: Path, port: object, **more: str) -> subprocess.Popen[str]:
    return popen(["make", "demo"], environment(data, DEMO_PORT=str(port), **more))


def clean(data: Path) -> subprocess.CompletedProcess[str]:
    return finish(popen([sys.executable, "-m", "fieldservice.runtime.clean"], environment(data)))


def wait_until_ready(process: subprocess.Popen[str]) -> list[str]:
    """The lines up to READY."""
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith("READY"):
            return lines
    pytest.fail("\n".join([*lines, process.communicate()[1]]))


def processes(data: Path) -> dict[str, Any]:
    return dict(read_json(data / "processes.json"))


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status


@pytest.mark.parametrize("port", ["eight", "0", "70000"])
def test_a_port_that_is_none_is_named(data: Path, port: str) -> None:
    refused = finish(demo(data, port))
    assert refused.returncode
    assert f"DEMO_PORT is {port!r}; it must be a number from 1 to 65535" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_in_use_is_named_and_nothing_is_started(data: Path) -> None:
    with socket.socket() as listener:
        listener.bind((ports.HOST, 0))
        listener.listen()
        port = listener.getsockname()[1]
        refused = finish(demo(data, port))
    assert refused.returncode
    assert f"Port {port} is in use by pid {os.getpid()}" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (data / "main").exists()


def test_cold_start_kill_restart_interrupt_and_clean(data: Path) -> None:
    port = ports.next_free(18000)
    first = demo(data, port, DEMO_LIVE="0")
    assert wait_until_ready(first)[-1] == f"READY http://127.0.0.1:{port}"
    facts = json.loads((data / "demo.json").read_text())
    assert list(facts) == KEYS
    assert [tenant["slug"] for tenant in facts["tenants"]] == ["acme", "globex"]
    assert all(set(row) >= {"role", "email", "password", "tenant"} for row in facts["sign_ins"])
    assert facts["customer_link"].startswith(facts["base_url"] + "/")
    assert status(port, facts["customer_link"].removeprefix(facts["base_url"])) == http.client.OK

    refused = finish(demo(data, ports.next_free(port + 2)))
    assert f"The demo runs already at http://127.0.0.1:{port}" in refused.stderr
    kept = clean(data)
    before = processes(data)
    assert kept.returncode == 1
    assert f"the demo runs on it (pid {before['pid']})" in kept.stderr
    assert status(port, "/readyz") == http.client.OK

    os.kill(before["pid"], signal.SIGKILL)
    finish(first)
    second = demo(data, port)
    lines = wait_until_ready(second)
    assert any(
        "Ended what a killed demo had left running: web, live, worker, timers, courier, planner, beat."
        in line
        for line in lines
    )
    assert json.loads((data / "demo.json").read_text()) == facts
    after = processes(data)
    assert set(after["children"]) == {
        "web",
        "live",
        "worker",
        "timers",
        "courier",
        "planner",
        "beat",
        "simulator",
    }
    assert not any(group_lives(child["pid"]) for child in before["children"].values())

    interrupt(second)
    finish(second)
    assert not any(group_lives(child["pid"]) for child in after["children"].values())
    assert ports.is_free(port)
    main = cluster("main", data)
    eventually(lambda: not postgres.running(main) and not valkey.running(main))
    assert main.postgres_data.exists()
    assert clean(data).returncode == 0
    assert not data.exists()
