"""The engineer's phone and the desk's view of the evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.clock import now
from delivery import services
from delivery.models import Answer, Photo
from inventory.models import StockLevel
from inventory.queries import van_of
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.delivery.acts import drawing
from tests.delivery.world import World
from tests.factories.delivery import (
    ADMIN,
    make_engineer,
    make_visit,
    picture,
)
from tests.factories.dispatch import make_visit as dispatch_visit
from tests.factories.inventory import make_part, make_stock

TOKYO = ZoneInfo("Asia/Tokyo")
SignIn = Callable[[Person], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def world(acme: Company, signed_in: SignIn) -> Iterator[World]:
    yield World(acme, signed_in(acme.tom))


def test_today_has_one_primary_button_for_the_next_visit(world: World) -> None:
    page = world.client.get("/t/acme/my-visits/").content.decode()
    assert page.count("btn primary") == 1
    assert f'action="{world.url("accept/")}"' in page
    assert "No heat on floors 6–9" in page
    assert "tel:+12125550142" in page


def test_a_stint_of_several_days_tells_its_own_length_and_which_it_is(world: World) -> None:
    with world.inside():
        order = world.visit.work_order
        type(order).objects.filter(pk=order.pk).update(may_split=True, duration_minutes=900)
        tomorrow = now() + timedelta(days=1)
        dispatch_visit(tomorrow, engineer=world.tom, work_order=order, status="dispatched", shares_work=True)
    for page in (world.get(), world.client.get("/t/acme/my-visits/").content.decode()):
        assert "Stint 1 of 2" in page
        assert "1\u00a0h" in page and "15\u00a0h" not in page


def test_today_greys_what_is_done_and_lists_what_comes(world: World) -> None:
    noon = datetime.combine(now().astimezone(TOKYO).date(), time(12), tzinfo=TOKYO)
    with world.inside():
        world.add_visit(status="done", start_at=noon, ended_at=now())
        world.add_visit(start_at=now() + timedelta(days=2))
        world.add_visit(status="scheduled", subject="A private plan", start_at=now() + timedelta(days=3))
    page = world.client.get("/t/acme/my-visits/").content.decode()
    assert page.count('<li class="is-done">') == 1
    assert page.count('class="card stops"') == 2
    assert "A private plan" not in page


def test_an_empty_day_and_an_unlinked_engineer_are_told_what_to_expect(
    acme: Company, globex: Company, signed_in: SignIn
) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer(acme.tom)
    assert "No visits today" in signed_in(acme.tom).get("/t/acme/my-visits/").content.decode()
    assert "not an engineer yet" in signed_in(globex.greg).get("/t/globex/my-visits/").content.decode()


def test_the_whole_visit_by_plain_forms(world: World) -> None:
    """No JavaScript: every tap is a form that answers 303."""
    for step in ("accept", "travel", "arrive"):
        assert world.post(f"{step}/").status_code == 303
    items = world.items()
    assert "To finish: 3 things left" in world.get()
    answers = {"Gas valve closed": "pass", "CO in flue gas": "118"}
    for label, value in answers.items():
        saved = world.post(f"checklist/{items[label]}/", {"value": value})
        assert saved.headers["Location"].endswith(f"#item-{items[label]}")
    assert "Should be 0 to 100 ppm." in world.get("checklist/")
    assert world.post("parts/", {"code": " 4021-b", "quantity": "1"}).status_code == 303
    photo = SimpleUploadedFile("a.jpg", picture(), content_type="image/jpeg")
    assert world.post("photos/", {"kind": "before", "photo": photo}).status_code == 303
    assert "Signature" in world.get("finish/")
    assert world.post("finish/").status_code == 422
    undrawn = world.post("sign/", {"signer_name": "Mrs. Alvarez"})
    assert undrawn.status_code == 422
    assert "Nothing is drawn." in undrawn.content.decode() and "why_undrawn" in undrawn.content.decode()
    signed = world.post("sign/", {"signer_name": "Mrs. Alvarez", "signature": drawing()})
    assert signed.status_code == 303
    assert world.post("finish/", {"remarks": "Filter worn"}).status_code == 303
    assert world.status() == "done"
    page = world.get()
    assert "Done at" in page
    assert "Mrs. Alvarez" in page


def test_only_the_name_with_its_reason(world: World) -> None:
    world.go_there()
    assert "why_undrawn" not in world.get("sign/")
    told = {"signer_name": "Mrs. Alvarez", "signature": drawing(mark=False), "why_undrawn": "Broken wrist"}
    told["why_open"] = "Power is off"
    assert world.post("sign/", told).status_code == 303
    assert "Broken wrist" in world.get("finish/")


def test_the_checklist_counts_what_it_demands(world: World) -> None:
    world.go_there()
    items = world.items()
    for label, value in {"Gas valve closed": "pass", "CO in flue gas": "64"}.items():
        world.post(f"checklist/{items[label]}/", {"value": value})
    page = world.get("checklist/")
    assert "2 of 2, 1 optional" in page and "--v:100" in page
    assert "2 of 2, 1 optional" in world.get("finish/")
    world.post(f"checklist/{items['Anything else']}/", {"value": "no"})
    assert "2 of 2 " in " ".join(world.get("checklist/").split())


def test_a_double_tap_is_one_tap(world: World) -> None:
    page = world.client.get("/t/acme/my-visits/").content.decode()
    found = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert found is not None
    key = {"idempotency_key": found.group(1)}
    first, second = world.post("accept/", key), world.post("accept/", key)
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.headers["Idempotent-Replay"] == "true"
    assert world.status() == "accepted"


def test_a_stale_tap_is_refused_with_the_way_out(world: World) -> None:
    answer = world.post("arrive/")
    assert answer.status_code == 409
    assert "first" in answer.content.decode()


def test_an_answer_by_htmx_gives_the_step_and_the_progress(world: World) -> None:
    world.go_there()
    item = world.items()["Gas valve closed"]
    answer = world.post(f"checklist/{item}/", {"value": "pass"}, headers=HTMX)
    fragment = answer.content.decode()
    assert f'id="item-{item}"' in fragment
    assert 'value="pass" aria-pressed="true"' in fragment
    assert 'id="progress" hx-swap-oob="true"' in fragment
    assert "1 of 2, 1 optional" in fragment
    assert "<html" not in fragment
    full = world.get(f"checklist/?edit={item}")
    assert 'value="pass" aria-pressed="true"' in full


def test_a_wrong_reading_keeps_what_was_typed(world: World) -> None:
    world.go_there()
    item = world.items()["CO in flue gas"]
    for headers in (HTMX, {}):
        answer = world.post(f"checklist/{item}/", {"value": "lots"}, headers=headers)
        assert answer.status_code == 422
        assert "wants a number" in answer.content.decode()
        assert 'aria-invalid="true"' in answer.content.decode()
    assert (
        'value="lots"' in world.post(f"checklist/{item}/", {"value": "lots"}, headers=HTMX).content.decode()
    )
    with world.inside():
        assert not Answer.objects.exists()


def test_the_stepper_uses_and_returns(world: World) -> None:
    world.go_there()
    part = {"part": world.igniter.pk}
    for _ in range(2):
        card = world.post("parts/use/", part, headers=HTMX).content.decode()
    assert "0 left on the van" in card
    refused = world.post("parts/use/", part, headers=HTMX)
    assert refused.status_code == 422
    assert "asked for were 1" in refused.content.decode()
    assert world.post("parts/return/", part).status_code == 303
    with world.inside():
        assert StockLevel.objects.get(part=world.igniter).on_hand == 1
    assert "Done, parts used: 1" in world.get("parts/")


def test_an_unknown_part_number_is_told(world: World) -> None:
    world.go_there()
    answer = world.post("parts/", {"code": "ZZ", "quantity": "1"})
    assert answer.status_code == 422
    assert "There is no part ZZ" in answer.content.decode()
    assert world.post("parts/use/", {"part": str(world.igniter.pk + 1)}).status_code == 422


def test_what_is_no_photo_is_told(world: World) -> None:
    world.go_there()
    file = SimpleUploadedFile("a.exe", b"MZ", content_type="image/jpeg")
    answer = world.post("photos/", {"kind": "before", "photo": file})
    assert answer.status_code == 422
    assert "JPEG, PNG or WebP" in answer.content.decode()
    empty = SimpleUploadedFile("a.jpg", b"", content_type="image/jpeg")
    assert "empty" in world.post("photos/", {"kind": "before", "photo": empty}).content.decode()
    assert world.post("photos/", {"kind": "before"}).status_code == 422


def test_photos_are_seen_by_those_who_may_and_by_nobody_else(
    acme: Company, globex: Company, signed_in: SignIn, world: World
) -> None:
    world.go_there()
    with world.inside():
        photo = services.add_photo(
            visit_id=world.visit.pk, kind="before", data=picture(), actor=ADMIN, at=now()
        )
        make_engineer(acme.stan)
    url = world.url(f"photos/{photo.pk}/")
    answer = world.client.get(url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert "private" in answer.headers["Cache-Control"]
    assert signed_in(acme.dora).get(url).status_code == 200
    assert signed_in(acme.pia).get(url).status_code == 403
    assert signed_in(acme.stan).get(url).status_code == 403
    assert signed_in(globex.mallory).get(url).status_code == 404
    assert signed_in(globex.mallory).get(url.replace("/acme/", "/globex/")).status_code == 404
    assert Client().get(url).status_code == 302
    assert world.client.get(f"/media/{photo.file.name}").status_code == 404
    assert world.client.get(world.url("photos/999999/")).status_code == 404


def test_no_signature_with_its_reason(world: World) -> None:
    world.go_there()
    assert world.post("sign/", {"outcome": "absent"}).status_code == 422
    assert world.post("sign/", {}).status_code == 422
    assert world.post("sign/", {"outcome": "absent", "reason": "Shop was shut"}).status_code == 303
    assert "Shop was shut" in world.get("finish/")


def test_giving_up_and_delays(world: World) -> None:
    assert "Report a delay" in world.get("more/")
    assert world.post("delay/", {"minutes": "7"}).status_code == 422
    assert "20 minutes late" in world.post("delay/", {"minutes": "20"}, follow=True).content.decode()
    world.go_there()
    assert world.post("could-not-complete/", {"why": "other"}).status_code == 422
    assert world.post("could-not-complete/", {"why": "part", "detail": "igniter"}).status_code == 303
    assert world.status() == "could_not_complete"
    assert "A part is missing: igniter" in world.get()


def test_hazards_come_first(world: World) -> None:
    with world.inside():
        site = world.visit.work_order.site
        site.access_notes = "Door code 4471#\n! Asbestos on old risers"
        site.save()
    page = world.get()
    assert 0 < page.index("Asbestos") < page.index("4471#")
    assert "! Asbestos" not in page


@pytest.mark.parametrize("path", ["checklist/", "parts/", "photos/", "sign/", "finish/"])
def test_evidence_pages_lead_back_while_nobody_is_on_site(world: World, path: str) -> None:
    answer = world.client.get(world.url(path))
    assert (answer.status_code, answer.headers["Location"]) == (303, world.url())
    world.go_there()
    assert world.client.get(world.url(path)).status_code == 200


def test_anothers_visit_stays_closed(acme: Company, signed_in: SignIn, world: World) -> None:
    with world.inside():
        theirs = make_visit(make_engineer(name="Sato"))
        private = world.add_visit(status="scheduled", start_at=now() + timedelta(days=1))
    for path in ("", "checklist/", "parts/", "photos/", "sign/", "finish/"):
        assert world.client.get(f"/t/acme/visits/{theirs.pk}/{path}").status_code == 403
    assert world.client.post(f"/t/acme/visits/{theirs.pk}/accept/").status_code == 403
    assert world.client.get(f"/t/acme/visits/{private.pk}/").status_code == 404
    assert signed_in(acme.stan).get(world.url()).status_code == 403


def test_the_desk_sees_every_node(acme: Company, signed_in: SignIn, world: World) -> None:
    world.go_there()
    item = world.items()["CO in flue gas"]
    with world.inside():
        services.answer_item(visit_id=world.visit.pk, item_id=item, value="118", actor=ADMIN, at=now())
    for person in (acme.dirk, acme.dora):
        page = signed_in(person).get(world.url("evidence/")).content.decode()
        assert "118 ppm" in page
        assert "Still missing" in page
    assert world.client.get(world.url("evidence/")).status_code == 403
    assert signed_in(acme.pia).get(world.url("evidence/")).status_code == 403


@pytest.mark.parametrize(
    "path", ["/t/acme/my-visits/", "/t/acme/my-van/", "visit", "visit evidence", "visit parts"]
)
def test_pages_ask_the_same_number_of_questions_for_one_row_and_three(
    acme: Company, signed_in: SignIn, world: World, path: str
) -> None:
    world.go_there()
    client = signed_in(acme.dora) if "evidence" in path else world.client
    url = world.url(f"{path[6:]}/" if len(path) > 5 else "") if path.startswith("visit") else path
    counts = []
    for number in (1, 2):
        with world.inside():
            for extra in range(number):
                world.add_visit(start_at=now() + timedelta(hours=2 * number + extra))
                part = make_part()
                make_stock(part, make_van_of(world), 3)
                services.use_part(
                    visit_id=world.visit.pk,
                    part_id=part.pk,
                    quantity=Decimal(1),
                    key=part.code,
                    actor=ADMIN,
                    at=now(),
                )
                color = f"#0{number}0{extra}00"
                services.add_photo(
                    visit_id=world.visit.pk, kind="after", data=picture(color=color), actor=ADMIN, at=now()
                )
        client.get(url)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
    with world.inside():
        assert Photo.objects.count() == 3


def make_van_of(world: World) -> Any:
    return van_of(world.tom.pk)


@pytest.mark.parametrize(
    ("days", "words"), [(0, "Promised by 14:00"), (1, "Promised by Tue 24 Nov 2026, 14:00")]
)
def test_a_promise_of_another_day_says_its_day(
    acme: Company, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, days: int, words: str
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    with tenant_active(acme.tenant.pk):
        engineer = make_engineer(acme.tom, name="Tom")
        until = AT.astimezone(TOKYO).replace(hour=14) + timedelta(days=days)
        visit = make_visit(engineer, start_at=AT + timedelta(hours=1))
        visit.work_order.promised_end_at = until
        visit.work_order.save()
    client = signed_in(acme.tom)
    for path in ("my-visits/", f"visits/{visit.pk}/"):
        assert words in client.get(f"/t/acme/{path}", follow=True).content.decode(), path
