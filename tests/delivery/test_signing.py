"""Signing and photos on the phone: what is open is said first, nothing drawn is lost, no photo goes elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from delivery import queries
from delivery.models import ChecklistItem, Photo, Signature
from tests.cast import Company, Person
from tests.delivery.acts import drawing
from tests.delivery.world import World
from tests.factories.delivery import picture

SignIn = Callable[[Person], Client]
MISSING = ("Gas valve closed", "CO in flue gas")


@pytest.fixture
def world(acme: Company, signed_in: SignIn) -> Iterator[World]:
    made = World(acme, signed_in(acme.tom))
    made.go_there()
    yield made


@pytest.fixture
def steps(world: World) -> list[int]:
    """Two steps that want a photo."""
    with world.inside():
        checklist = ChecklistItem.objects.get(label=MISSING[0]).checklist
        made = [
            ChecklistItem.objects.create(
                checklist=checklist, position=number, label=f"Plate {number}", kind="photo", is_required=True
            )
            for number in (80, 81)
        ]
    return [item.pk for item in made]


def _answer(world: World) -> None:
    items = world.items()
    for label, value in zip(MISSING, ("pass", "64"), strict=True):
        assert world.post(f"checklist/{items[label]}/", {"value": value}).status_code == 303


def _send(world: World, item_id: int | None, data: bytes, kind: str = "other") -> object:
    photo = SimpleUploadedFile("a.jpg", data, content_type="image/jpeg")
    return world.post("photos/", {"kind": kind, "photo": photo, "item_id": item_id or ""})


def test_what_is_drawn_is_kept_when_the_name_is_missing(world: World) -> None:
    _answer(world)
    drawn = drawing()
    refused = world.post("sign/", {"signature": drawn})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Write the name of the person who signs." in page
    assert f'name="signature" value="{drawn}"' in page.replace("&#x3D;", "=").replace("&#x2B;", "+")


def test_what_is_open_is_said_before_the_customer_signs(world: World) -> None:
    page = world.get("sign/")
    for label in MISSING:
        assert f"#item-{world.items()[label]}" in page and label in page
    facts = {"signer_name": "Mrs. Alvarez", "signature": drawing()}
    refused = world.post("sign/", facts)
    assert refused.status_code == 422 and "The checklist is not done yet." in refused.content.decode()
    with world.inside():
        assert not Signature.objects.exists()
    assert world.post("sign/", {**facts, "why_open": "No power in the house"}).status_code == 303
    with world.inside():
        assert Signature.objects.get().reason == "No power in the house"


def test_nothing_is_asked_when_the_checklist_is_done(world: World) -> None:
    _answer(world)
    assert "why_open" not in world.get("sign/") and "The checklist still wants" not in world.get("sign/")
    facts = {"signer_name": "Mrs. Alvarez", "signature": drawing()}
    assert world.post("sign/", facts).status_code == 303


def test_an_unreadable_photo_is_told_at_its_step(world: World, steps: list[int]) -> None:
    answer = world.client.post(
        world.url("photos/"),
        {"kind": "other", "item_id": steps[0], "photo": SimpleUploadedFile("a.jpg", b"no picture")},
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and page.count("This file is no photo that can be read.") == 1
    assert f'id="error-{steps[0]}"' in page


def test_a_photo_counts_for_the_step_it_was_taken_in(world: World, steps: list[int]) -> None:
    _send(world, steps[0], picture())
    with world.inside():
        done = {step.item.pk for step in queries.evidence_of(world.visit).steps if step.is_done}
    assert steps[0] in done and steps[1] not in done


def test_a_photo_that_is_here_counts_for_a_step_too(world: World, steps: list[int]) -> None:
    _send(world, None, picture(), kind="before")
    _send(world, steps[0], picture())
    with world.inside():
        photo = Photo.objects.get()
        assert (photo.item_id, photo.kind) == (steps[0], "before")
    assert "This photo is already here." in world.get("checklist/")


def test_one_photo_does_not_count_for_two_steps(world: World, steps: list[int]) -> None:
    _send(world, steps[0], picture())
    refused = world.post(
        "photos/",
        {"kind": "other", "item_id": steps[1], "photo": SimpleUploadedFile("a.jpg", picture())},
    )
    assert refused.status_code == 422
    assert "This photo is already at the step “Plate 80”." in refused.content.decode()
