"""Nonsense in addresses, methods and forms: pages answer it, and never with a 500."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest
from django.test import Client

from tests.architecture.source import product_files, tree_of
from tests.cast import Company, Person
from tests.isolation.asking import Walker
from tests.isolation.conftest import walker  # noqa: F401  the same world, walked for another reason
from tests.isolation.routes import slots
from tests.routes import Route, all_routes

PAGES = [route for route in all_routes() if route.door in {"t", "c"}]
NONSENSE = ["x", "-1", "99999999999999999999", "\x00", "2026-13-45", "9999-12-31"]


def _query_names() -> list[str]:
    """Every name that any page reads from its query."""
    names = {"page", "limit", "cursor", "lang"}
    for path in product_files():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".GET.get", ".GET.getlist")):
                names |= {str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return sorted(names)


NAMES = _query_names()


def test_the_queries_of_pages_were_found() -> None:
    assert {"page", "day"} <= set(NAMES)


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_nonsense_in_a_query_is_answered(route: Route, walker: Walker) -> None:  # noqa: F811
    who = "" if route.door == "c" else "tom" if route.name.startswith("delivery:") else "ada"
    path = route.path("acme", **slots(route, walker.twins.own))
    for odd in NONSENSE:
        answer = walker.ask(who, "get", path, dict.fromkeys(NAMES, odd))
        assert answer.status < 500, f"{odd!r}: {answer.gist()}"


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_nonsense_in_a_form_is_answered(route: Route, walker: Walker) -> None:  # noqa: F811
    who = "" if route.door == "c" else "tom" if route.name.startswith("delivery:") else "ada"
    path = route.path("acme", **slots(route, walker.twins.own))
    for odd in ("\x00", "x" * 70_000, "99999999999999999999"):
        answer = walker.ask(who, "post", path, dict.fromkeys(FIELDS, odd))
        assert answer.status < 500, f"{odd[:20]!r}: {answer.gist()}"
        assert not answer.harm


@pytest.mark.parametrize("route", [r for r in PAGES if r.slots], ids=str)
def test_an_id_beyond_every_number_is_not_found(route: Route, walker: Walker) -> None:  # noqa: F811
    path = route.path("acme", **dict.fromkeys(route.slots, "9" * 30))
    for method in ("get", "post"):
        for who in ("ada", "tom"):
            answer = walker.ask(who, method, path)
            assert answer.status < 500, answer.gist()


@pytest.mark.django_db
def test_an_unknown_company_is_not_found(acme: Company, signed_in: Callable[[Person], Client]) -> None:
    client = signed_in(acme.ada)
    for path in ("/t/nowhere/tickets/", "/t/nowhere/", "/c/nowhere/request/", "/t/%00/tickets/"):
        assert client.get(path).status_code == 404


FIELDS = """
address amount areas asset body channel code comment contact customer day day_0 description detail
email end_at engineer expires_on horizon_days idempotency_key installed_on kind language latitude
location longitude membership minimum minutes name next_action_at opened outcome override_reason
owner part permissions phone photo position price priority quantity reason reasons received_on
remarks resolution role scopes score serial signature signer_name site start_at strategy subject
target tax_rate_percent territories tier time_zone title topic unit unit_price_minor valid_from
value version waiting_for why work_type
""".split()  # noqa: SIM905  a list would be as long as the page
"""Names of fields of forms: the more of them a page reads, the better."""
