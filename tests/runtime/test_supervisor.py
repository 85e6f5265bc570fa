"""Children: restarted when they die, ended whatever they do, found again after our own death."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldservice.runtime.commands import Command
from fieldservice.runtime.files import CannotStart, read_json
from fieldservice.runtime.supervisor import (
    GRACE_SECONDS,
    Supervisor,
    end_leftovers,
    group_lives,
    living_children,
)
from tests.runtime.processes import eventually

SLEEP = "import time; print('here', flush=True); time.sleep(300)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP
WITH_HELPER = (
    "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)']); "
    + SLEEP
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    one = Supervisor(dict(os.environ), tmp_path / "logs", tmp_path / "processes.json", said.append)
    yield one
    one.hurried = True
    one.stop()


def command(code: str, name: str = "web") -> Command:
    return Command(name=name, arguments=("-c", code))


def wait_for_output(supervisor: Supervisor, name: str = "web") -> None:
    eventually(lambda: "here" in supervisor.log(name).read_text())


def tended(supervisor: Supervisor) -> bool:
    supervisor.tend()
    return True


def test_a_child_that_dies_is_reported_with_its_last_words_and_started_again(
    supervisor: Supervisor, said: list[str]
) -> None:
    supervisor.start(command("print('out of marmalade'); raise SystemExit(3)"))
    eventually(lambda: tended(supervisor) and said)
    assert "web stopped (exit status 3)" in said[0]
    assert "    out of marmalade" in said[0]
    assert "It starts again in 1 s." in said[0]
    eventually(lambda: tended(supervisor) and len(said) > 1)
    assert "It starts again in 2 s." in said[1]


def test_a_child_that_keeps_dying_is_given_up(
    supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldservice.runtime.supervisor.MOST_FAILURES", 2)
    supervisor.start(command("raise SystemExit(3)"))
    eventually(lambda: tended(supervisor) and not supervisor.children)
    assert "failed 2 times and is given up" in said[-1]


def test_ending_reaches_what_a_child_started_and_does_not_wait_for_the_deaf(supervisor: Supervisor) -> None:
    helped = supervisor.start(command(WITH_HELPER)).process
    deaf = supervisor.start(command(DEAF, "deaf")).process
    wait_for_output(supervisor)
    wait_for_output(supervisor, "deaf")
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < GRACE_SECONDS + 2
    for process in (helped, deaf):
        eventually(lambda: not group_lives(process.pid))  # noqa: B023  called at once
    assert not supervisor.record.exists()


def test_the_next_start_ends_what_a_killed_supervisor_left(supervisor: Supervisor) -> None:
    child = supervisor.start(command(WITH_HELPER)).process
    wait_for_output(supervisor)
    child.kill()
    child.wait()
    assert living_children(supervisor.record) == {"web": child.pid}
    assert end_leftovers(supervisor.record) == ["web"]
    assert living_children(supervisor.record) == {}


def test_a_process_that_only_has_the_same_number_is_left_alone(supervisor: Supervisor) -> None:
    child = supervisor.start(command(SLEEP)).process
    written = read_json(supervisor.record)
    written["children"]["web"]["started"] = "1"
    supervisor.record.write_text(str(written).replace("'", '"'))
    assert end_leftovers(supervisor.record) == []
    assert child.poll() is None


def test_a_command_that_fails_is_shown_with_the_end_of_its_log(supervisor: Supervisor) -> None:
    with pytest.raises(CannotStart, match=r"migrate failed .exit status 4.*\n    no such table"):
        supervisor.run(command("print('no such table'); raise SystemExit(4)", "migrate"))
    assert supervisor.run(command("print('done')", "seed")) == "done\n"
