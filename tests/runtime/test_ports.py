"""A port in use: named, with its holder and the way out."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from fieldservice.runtime import ports
from fieldservice.runtime.files import CannotStart


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((ports.HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_names_the_port_its_holder_and_another(taken: int) -> None:
    with pytest.raises(CannotStart) as refused:
        ports.require_free(taken)
    message = refused.value.message
    assert message.startswith(f"Port {taken} is in use by pid {os.getpid()} (")
    assert f"DEMO_PORT={ports.next_free(taken + 1)} make demo" in message


def test_the_next_free_port_is_free(taken: int) -> None:
    found = ports.next_free(taken)
    assert found > taken
    ports.require_free(found)


def test_a_port_just_given_back_is_free_again(taken: int) -> None:
    free = ports.next_free(taken + 1)
    with socket.socket() as listener:
        listener.bind((ports.HOST, free))
        listener.listen()
    assert ports.is_free(free)
    assert ports.holder(free) is None
