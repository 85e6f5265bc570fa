"""docker-compose.yml runs the same processes as `make demo`, in the same roles, on the same database."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from fieldservice.runtime import commands, postgres
from fieldservice.runtime.files import ROOT

PROCESSES = {
    command.name: command
    for command in (
        commands.migrate(),
        commands.web(host="0.0.0.0", port=8000),
        commands.live(host="0.0.0.0", port=8001),
        commands.worker(),
        commands.timers(),
        commands.courier(),
        commands.planner(),
        commands.beat(schedule="/tmp/beat-schedule"),
    )
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    return dict(compose["services"])


def test_services_are_the_servers_and_the_processes(services: dict[str, Any]) -> None:
    assert set(services) == {"postgres", "valkey", *PROCESSES}
    assert services["postgres"]["image"] == f"postgres:{postgres.MAJOR_VERSION}"
    assert services["valkey"]["image"] == "valkey/valkey:9"


@pytest.mark.parametrize("name", PROCESSES)
def test_process_runs_the_shared_command_in_its_role(services: dict[str, Any], name: str) -> None:
    assert services[name]["command"] == ["python", *PROCESSES[name].arguments]
    assert services[name]["environment"]["FIELDSERVICE_ROLE"] == PROCESSES[name].role


def test_only_the_migration_knows_the_owner_and_it_runs_once_before_all_others(
    services: dict[str, Any],
) -> None:
    for name in PROCESSES:
        environment = services[name]["environment"]
        assert environment["DATABASE_URL"].startswith("postgres://fsm_app:")
        assert ("DATABASE_OWNER_URL" in environment) == (name == "migrate")
        if name != "migrate":
            assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert services["migrate"]["restart"] == "no"


def test_everything_that_keeps_running_says_whether_it_is_well(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"migrate"}


def test_secrets_come_from_the_environment_and_their_absence_is_explained(services: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for secret in ("POSTGRES_PASSWORD", "FSM_OWNER_PASSWORD", "FSM_APP_PASSWORD", "SECRET_KEY"):
        used = re.findall(r"\$\{" + secret + r"([^}]*)\}", text)
        assert used
        assert all(rest.startswith(f":?set {secret} in .env") for rest in used)


def test_ports_are_published_on_loopback_only(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_volume_is_initialised_like_the_embedded_database(services: dict[str, Any]) -> None:
    given = set(services["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split())
    assert given == {
        argument for argument in postgres.INITDB_ARGUMENTS if not re.match("--(username|auth)", argument)
    }
    roles = (ROOT / "docker" / "initdb" / "roles.sql").read_text().splitlines()
    assert set(postgres.BOOTSTRAP.splitlines()) <= set(roles)


def test_no_process_but_the_servers_runs_as_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "\nUSER fieldservice\n" in dockerfile
    assert dockerfile.count("--require-hashes") == 2
