"""One door in: every public service reads the same way; time is never handed to the task queue."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from types import FunctionType
from typing import Any

import pytest

from journal.events import Event
from tests.architecture.source import ROOT, apps_in_tree, place, product_files, tree_of

LONGEST_MODULE = 400

ACTORLESS = {
    "accounts.services.choose_language": "a person's own choice, also on pages of no tenant",
    "tenants.services.create_tenant": "done by the operator, before anybody belongs to the tenant",
    "tenants.services.next_number": "a number for a thing that its own service records",
    "tenants.services.next_numbers": "as next_number, for imports",
    "journal.services.publish": "the fact's service has already asked who",
    "journal.services.deliver_due": "the clock's work: handlers name themselves as actors",
    "journal.services.deliver_all": "as deliver_due",
    "journal.services.prune": "the clock's work: it deletes what nothing asks for, whoever runs it",
    "tickets.services.fire_due_escalations": "as fire_due_timers",
    "notices.services.deliver_due": "the clock's work: whoever runs it",
    "notices.services.prune": "as journal.services.prune",
    "tickets.services.fire_due_timers": "the clock's work: it acts as the system",
    "dispatch.services.fire_due_timers": "as tickets' fire_due_timers",
    "dispatch.services.ask_for_waiting": "the clock's work: it asks about places, whoever runs it",
    "dispatch.services.want_roads": "as ask_for_waiting: whoever asks a question, the worker looks at the place",
    "dispatch.services.ask_among": "reads for a planning run, which was asked for by somebody",
    "dispatch.services.prune_legs": "as journal.services.prune",
    "dispatch.services.prune_world_changes": "as journal.services.prune",
    "dispatch.services.calibrate_all": "as refresh_calendars",
    "tickets.services.wake_due_tickets": "as fire_due_timers",
    "tickets.services.refresh_calendars": "as fire_due_timers, once a day",
    "journal.services.start_soon": "a nudge: the task claims rows that were ordered by somebody",
    "planning.services.carry_out_due": "the clock's work: each run was asked for by somebody",
    "workforce.services.tell_of_certificates": "as refresh_calendars",
    "channels.services.fetch_due": "the clock's work: it acts as the system",
    "channels.services.send_due": "the clock's work: each message was ordered by somebody",
    "channels.services.poll_due": "the clock's work: it acts as the system",
    "channels.services.hook_url": "reads: the public address of an account's webhook",
    "channels.services.values_of": "reads: the account as its adapter sees it",
    "channels.services.thread_after": "reads: what an answer to a message carries",
    "channels.services.message_id_of": "reads: the name we give to what we send",
    "channels.services.find_ours": "reads: whether a name is one we gave",
}
"""Public services without an actor, and why."""


def _public_services() -> Iterator[tuple[str, Callable[..., Any]]]:
    for app in sorted(apps_in_tree()):
        if find_spec(f"{app}.services") is None:
            continue
        module = import_module(f"{app}.services")
        for name, thing in vars(module).items():
            origin = getattr(thing, "__module__", "")
            is_own = origin == module.__name__ or origin.startswith(f"{module.__name__}.")
            if isinstance(thing, FunctionType) and is_own and not name.startswith("_"):
                yield f"{app}.services.{name}", thing


SERVICES = dict(_public_services())


@pytest.mark.parametrize("name", SERVICES)
def test_services_name_their_inputs_and_who_acts(name: str) -> None:
    parameters = inspect.signature(SERVICES[name]).parameters
    if name in ACTORLESS:
        return
    loose = [p.name for p in parameters.values() if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
    assert not loose, f"{name}({', '.join(loose)}) can be called by position"
    assert "actor" in parameters, f"{name} does not say who acts"


def test_every_service_without_an_actor_exists_and_has_none() -> None:
    stale = [n for n in ACTORLESS if n not in SERVICES or _is_regular(SERVICES[n])]
    assert not stale


def _is_regular(service: Callable[..., Any]) -> bool:
    parameters = inspect.signature(service).parameters
    return "actor" in parameters and all(p.kind == p.KEYWORD_ONLY for p in parameters.values())


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in ACTORLESS])
def test_services_say_what_the_caller_could_not_guess(name: str) -> None:
    assert inspect.getdoc(SERVICES[name]), f"{name} has no docstring"


def test_nothing_is_timed_or_started_by_the_task_queue() -> None:
    """Rows in PostgreSQL say what is due (docs/architecture.md); the queue only executes."""
    found = []
    for path in product_files():
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            starts = node.func.attr in {"delay", "apply_async"}
            times = node.func.attr in {"apply_async", "send_task", "signature", "s"} and any(
                word.arg in {"eta", "countdown"} for word in node.keywords
            )
            if starts or times:
                found.append(place(path, node))
    assert not found, found


def test_no_module_is_too_long() -> None:
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in product_files()}
    too_long = {path: n for path, n in lengths.items() if n > LONGEST_MODULE}
    assert not too_long, f"ask which noun wants its own room: {too_long}"


FACTS = sorted(name for name, event in Event.registry.items() if not event.__subclasses__())
"""Every fact that can be published: a fact with kinds of its own is only their base."""


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_is_named_in_its_apps_docstring(name: str) -> None:
    app, fact = name.split(".")
    if app not in apps_in_tree():
        return
    text = " ".join((inspect.getdoc(import_module(app)) or "").split())
    published = text.partition("Publishes:")[2].partition("May call:")[0]
    assert fact in published, f"{app}/__init__.py does not say that it publishes {fact}"


@pytest.mark.parametrize("app", sorted(apps_in_tree() - {"core", "fieldservice"}))
def test_no_docstring_promises_a_fact_that_does_not_exist(app: str) -> None:
    text = " ".join((inspect.getdoc(import_module(app)) or "").split())
    published = text.partition("Publishes:")[2].partition("May call:")[0]
    words = {word.strip(" .") for word in published.split(",")}
    facts = {word for word in words if word[:1].isupper()}
    assert facts <= {name.split(".")[1] for name in FACTS if name.startswith(f"{app}.")}
