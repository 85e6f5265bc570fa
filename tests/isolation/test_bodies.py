"""Ids inside bodies and queries: a rival's is refused exactly as one that nobody has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.db import models
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.generators import SchemaGenerator

from accounts.models import Membership
from customers.models import Asset, Contact, Customer, Site
from delivery.models import ChecklistItem
from dispatch.models import Visit, WorkOrder, WorkType
from inventory.models import Part, StockLocation
from tests.architecture.source import app_of, product_files, tree_of
from tests.isolation.acts import API, PAGES
from tests.isolation.asking import Walker, assert_alike
from tests.isolation.routes import UNKNOWN_ID, Own, slots
from tests.routes import Route, all_routes
from tickets.models import Ticket, TicketMessage, Topic
from workforce.models import Engineer, Provider, Skill, Territory

RELATED: dict[str, type[models.Model]] = {
    "asset": Asset,
    "colleague": Engineer,
    "contact": Contact,
    "customer": Customer,
    "engineer": Engineer,
    "from": StockLocation,
    "into": Ticket,
    "item": ChecklistItem,
    "lead": Engineer,
    "location": StockLocation,
    "members": Engineer,
    "membership": Membership,
    "message_ids": TicketMessage,
    "other": Ticket,
    "owner": Membership,
    "parent": Asset,
    "part": Part,
    "provider": Provider,
    "site": Site,
    "skill": Skill,
    "skills": Skill,
    "target": StockLocation,
    "territories": Territory,
    "territory": Territory,
    "ticket": Ticket,
    "to": StockLocation,
    "topic": Topic,
    "visit": Visit,
    "work_order": WorkOrder,
    "work_type": WorkType,
}
"""Names under which a body or a query says whose id it means, `_id` left out."""

ROUTES = {route.name: route for route in all_routes()}


def _places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Own]]:
    """Where a body holds ids: keys and indexes on the way to each."""
    if isinstance(body, Own):
        yield path, body
    elif isinstance(body, dict):
        for key, value in body.items():
            yield from _places(value, (*path, key))
    elif isinstance(body, list):
        for index, value in enumerate(body):
            yield from _places(value, (*path, index))


def _replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[path[0]] = _replaced(body[path[0]], path[1:], value)
    return copy


CASES = [
    (key, path)
    for key, act in {**API, **PAGES}.items()
    if not callable(act.body)
    for path, _ in _places(act.body)
]


@pytest.mark.parametrize(("key", "place"), CASES, ids=str)
def test_a_rivals_id_in_a_body_is_refused_as_one_that_nobody_has(
    key: str, place: tuple[Any, ...], walker: Walker
) -> None:
    name, _, method = key.partition(" ")
    route, act = ROUTES[name], (API if method else PAGES)[key]
    own = dict(_places(act.body))[place]
    theirs = own.of(walker.twins.rival)
    answers = []
    for value in (theirs, UNKNOWN_ID):
        body = _replaced(act.filled(walker.twins.own), place, value)
        path = route.path(walker.twins.own.slug, **slots(route, walker.twins.own, act.n))
        who = "program" if route.door == "api" else act.who
        answers.append(walker.ask(who, method or "post", path, body, act=act))
    rival, nobody = answers
    assert not rival.harm
    assert rival.status in {400, 404, 409, 422}, rival.gist()
    assert_alike(rival, theirs, nobody, UNKNOWN_ID)


def _related_inputs() -> Iterator[tuple[str, str]]:
    """Every (act, field) of the OpenAPI document that names a related thing."""
    schema: Any = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    parts = schema["components"]["schemas"]

    def fields(shape: dict[str, Any]) -> Iterator[str]:
        if "$ref" in shape:
            shape = parts[shape["$ref"].rpartition("/")[2]]
        for inner in (shape.get("items"), *shape.get("allOf", ())):
            if inner:
                yield from fields(inner)
        for name, inner in shape.get("properties", {}).items():
            if not inner.get("readOnly"):
                if name.removesuffix("_id") in RELATED and inner.get("format") != "date-time":
                    yield name
                yield from fields(inner)

    for route in (route for route in all_routes() if route.door == "api"):
        path = next((p for p in schema["paths"] if _same(p, route.pattern)), None)
        for method in ("post", "patch", "put"):
            operation = schema["paths"].get(path, {}).get(method) if path else None
            content = (operation or {}).get("requestBody", {}).get("content", {})
            for media in content.values():
                yield from ((f"{route.name} {method}", name) for name in fields(media["schema"]))


def _same(path: str, pattern: str) -> bool:
    plain = pattern.replace("(?P<pk>\\d+)", "{id}").removesuffix("$").removesuffix("/?")
    return path.strip("/") == plain.strip("/")


def test_every_related_field_of_the_api_is_tried() -> None:
    wanted = set(_related_inputs())
    assert len(wanted) > 30, "the OpenAPI document was not read"
    tried = {(key, part) for key, path in CASES for part in path}
    missing = sorted(wanted - tried)
    assert not missing, f"name these in tests/isolation/acts as Own(…): {missing}"


def _filters() -> Iterator[tuple[Route, str, type[models.Model]]]:
    for route in all_routes():
        view = getattr(route.callback, "cls", None)
        if route.door != "api" or getattr(route.callback, "actions", {}).get("get") != "list":
            continue
        assert view is not None
        kind = DjangoFilterBackend().get_filterset_class(view(), view.queryset)
        for name in kind.base_filters if kind else ():
            if (model := RELATED.get(name.removesuffix("_id"))) is not None:
                yield route, name, model


@cache
def _query_names() -> dict[str, set[str]]:
    """App → every name that its pages read from their query."""
    names: dict[str, set[str]] = {}
    for path in (path for path in product_files() if "views" in str(path)):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".get", ".getlist")):
                read = {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
                names.setdefault(app_of(path), set()).update(name for name in read if name in RELATED)
    return names


QUERIES = [
    *_filters(),
    *(
        (route, name, RELATED[name])
        for route in all_routes()
        if route.door == "t" and not route.slots
        for name in sorted(_query_names().get(route.callback.__module__.split(".")[0], ()))
    ),
]


@pytest.mark.parametrize(("route", "name", "model"), QUERIES, ids=str)
def test_a_rivals_id_in_a_query_answers_as_one_that_nobody_has(
    route: Route, name: str, model: type[models.Model], walker: Walker
) -> None:
    who = "program" if route.door == "api" else "ada"
    path, theirs = route.path(walker.twins.own.slug), Own(model).of(walker.twins.rival)
    rival = walker.ask(who, "get", path, {name: theirs})
    nobody = walker.ask(who, "get", path, {name: UNKNOWN_ID})
    assert not rival.harm
    assert rival.status < 500, rival.gist()
    assert_alike(rival, theirs, nobody, UNKNOWN_ID)
