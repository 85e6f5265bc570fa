"""The twin world walked by route: a rival's id answers as one that nobody has, and nothing of it shows.

Routes come from the resolver. One that no call reached with success for its owner fails: 404s prove nothing.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.isolation.acts import API, PAGES
from tests.isolation.asking import Answer, Walker, assert_alike
from tests.isolation.routes import Act, slots, unknown
from tests.routes import Route, all_routes

WITHOUT_DATA = {
    "openapi": "the description of the API",
    "api_docs": "as openapi",
}
"""Routes under /api/, /t/ and /c/ that hold no tenant's data, and why."""

WITHOUT_REFUSAL = {
    "workforce:absence_remove": "taking back what is gone already changes nothing",
    "workforce:extra_shift_remove": "as absence_remove",
    "workforce:pair_remove": "as absence_remove",
    "dispatch:capacity_rule_remove": "as absence_remove",
    "dispatch:customer_engineer_remove": "as absence_remove",
    "journal:audit_of": "an unknown thing has an empty history",
}
"""Routes that answer an unknown id with success, and why."""

ASKED_BY_QUERY = {"customer:followed"}
"""Pages whose secret stands in the query."""

ROUTES = [route for route in all_routes() if route.door and route.name not in WITHOUT_DATA]
CALLS = [(route, method) for route in ROUTES for method in route.methods]
MEMBER_ROUTES = [route for route in ROUTES if route.door == "t"]


def _act(route: Route, method: str) -> Act | None:
    if method == "get" and route.name not in ASKED_BY_QUERY:
        return None
    return API.get(f"{route.name} {method}") if route.door == "api" else PAGES.get(route.name)


def _askers(route: Route, act: Act | None) -> list[str]:
    if route.door == "api":
        return ["program"]
    if route.door == "c":
        return [""]
    return [act.who] if act else ["ada", "tom"]


def _asked(walker: Walker, route: Route, method: str, **other: Any) -> list[Answer]:
    """The answers to the owners of a route, with their own ids but for `other`."""
    own, act = walker.twins.own, _act(route, method)
    path = route.path(own.slug, **{**slots(route, own, act.n if act else 0), **other})
    body = act.filled(own) if act else {}
    return [walker.ask(who, method, path, body, act=act) for who in _askers(route, act)]


@pytest.mark.parametrize(("route", "method"), CALLS, ids=str)
def test_owners_succeed_and_see_nothing_of_the_rival(route: Route, method: str, walker: Walker) -> None:
    answers = _asked(walker, route, method)
    assert not any(answer.harm for answer in answers), [answer.harm for answer in answers]
    assert all(answer.status < 500 for answer in answers), [answer.gist() for answer in answers]
    is_wrong_method = any(answer.status == 405 for answer in answers)
    hint = "" if method == "get" or _act(route, method) else "enter a valid body in tests/isolation/acts"
    assert is_wrong_method or any(a.is_success for a in answers), [hint, *(a.gist() for a in answers)]


@pytest.mark.parametrize(("route", "method"), [c for c in CALLS if c[0].slots], ids=str)
def test_a_rivals_id_answers_as_one_that_nobody_has(route: Route, method: str, walker: Walker) -> None:
    act = _act(route, method)
    theirs = slots(route, walker.twins.rival, act.n if act else 0)
    for name in (name for name in route.slots if name != "object_type"):
        rivals = _asked(walker, route, method, **{name: theirs[name]})
        nobodys = _asked(walker, route, method, **{name: unknown(name)})
        for rival, nobody in zip(rivals, nobodys, strict=True):
            assert not rival.harm, f"<{name}>: {rival.harm}"
            assert rival.status < 500, rival.gist()
            assert not rival.is_success or route.name in WITHOUT_REFUSAL, f"<{name}>: {rival.gist()}"
            assert_alike(rival, theirs[name], nobody, unknown(name))


@pytest.fixture(scope="module")
def nowhere(walker: Walker) -> dict[str, Answer]:
    """What a company that does not exist answers, by method."""
    return {method: walker.ask("mallory", method, "/t/nowhere/tickets/") for method in ("get", "post")}


@pytest.mark.parametrize("route", MEMBER_ROUTES, ids=str)
def test_a_strangers_company_answers_as_one_that_does_not_exist(
    route: Route, walker: Walker, nowhere: dict[str, Answer]
) -> None:
    own = walker.twins.own
    for method, unknown_company in nowhere.items():
        acme = walker.ask("mallory", method, route.path(own.slug, **slots(route, own)))
        assert acme.status == 404
        assert own.word not in acme.text
        assert_alike(acme, own.slug, unknown_company, "nowhere")


def test_every_act_is_the_act_of_a_route() -> None:
    pages = {route.name for route in ROUTES if route.door != "api"}
    calls = {f"{route.name} {method}" for route, method in CALLS if route.door == "api"}
    assert not set(PAGES) - pages
    assert not set(API) - calls
    assert not (set(WITHOUT_DATA) | set(WITHOUT_REFUSAL)) - {route.name for route in all_routes()}
