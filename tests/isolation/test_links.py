"""No dead ends: whatever a page offers somebody by a link, they may open."""

from __future__ import annotations

import re
from collections import Counter, deque
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve

from accounts import services as accounts
from accounts.enums import RoleCode
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.isolation.asking import Walker
from tests.isolation.world import NOW, Side
from workforce.models import Provider

LINK = re.compile(r'<a\b[^>]*?\shref="([^"#]+)')
MOST_ALIKE = 2
"""So many pages of one route with the same kinds of query are opened."""


def member(side: Side, role: RoleCode) -> Client:
    """Somebody who has just been let in with a role."""
    with tenant_active(side.company.tenant.pk):
        person = accounts.add_member(
            email=f"{role}@links.example",
            name=f"New {role}",
            role_code=role,
            actor=Actor.system("tests"),
            at=NOW,
            provider_code=side.row(Provider).code if role == RoleCode.PROVIDER_MANAGER else "",
        )
    client = Client()
    client.force_login(person.user)
    return client


def dead_ends(client: Client, start: str) -> tuple[list[str], int]:
    """What is refused of all that is linked from a page on, as "status address (from)"; and how many pages opened."""
    todo, opened, found = deque([(start, "")]), Counter[tuple[str, ...]](), list[str]()
    known = {start}
    while todo:
        address, origin = todo.popleft()
        parts = urlsplit(address)
        kind = resolve(parts.path).view_name, *sorted(parse_qs(parts.query, keep_blank_values=True))
        opened[kind] += 1
        if opened[kind] > MOST_ALIKE:
            continue
        answer = client.get(address, follow=True)
        here = urljoin(address, answer.redirect_chain[-1][0]) if answer.redirect_chain else address
        if answer.status_code >= 400:
            found.append(f"{answer.status_code} {address} (from {origin})")
        if answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
            continue
        for href in LINK.findall(answer.content.decode()):
            linked = urljoin(here, unescape(href))
            if linked.startswith(start) and linked not in known:
                known.add(linked)
                todo.append((linked, here))
    return found, opened.total()


@pytest.mark.parametrize("role", RoleCode)
def test_every_link_opens(walker: Walker, role: RoleCode) -> None:
    side = walker.twins.own
    found, pages = dead_ends(member(side, role), f"/t/{side.slug}/")
    assert not found, "\n".join(found)
    assert pages > 8, "the walk came to nothing"
