"""What is collected on site: checklist answers, photos, a signature, parts used."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.errors import BadInput, Conflict, IllegalTransition, NotAllowed, NotFound
from delivery import queries, services
from delivery.enums import PhotoKind, SignatureOutcome
from delivery.models import Answer, PartUse, Photo
from dispatch.models import Visit
from inventory.models import Movement, StockLevel
from inventory.services import OutOfStock
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.delivery.acts import drawing, fill, sign, steps_of
from tests.factories.delivery import (
    STEPS,
    arrive,
    make_checklist,
    make_visit,
    make_work_type,
    picture,
)
from tests.factories.inventory import make_part, make_stock, make_van
from workforce.models import Engineer

MINUTE = timedelta(minutes=1)
OFFICE = Actor.system("factory")


class TestChecklist:
    def test_a_started_visit_keeps_its_version(self, here: Visit, me: dict[str, Any]) -> None:
        work_type = here.work_order.work_type
        second = make_checklist(work_type, [{"kind": "text", "label": "New step"}])
        assert second.version == 2
        assert "New step" not in steps_of(here)
        fresh = make_visit(here.engineer, work_type=work_type, start_at=AT + timedelta(hours=3))
        assert set(steps_of(arrive(fresh, me["actor"]))) == {"New step"}

    def test_work_without_a_checklist_needs_only_a_signature(self, tom: Engineer, me: dict[str, Any]) -> None:
        plain = arrive(make_visit(tom), me["actor"])
        assert [lack.kind for lack in queries.missing_evidence(plain)] == ["signature"]
        with pytest.raises(NotFound, match="no checklist"):
            services.answer_item(visit_id=plain.pk, item_id=1, value="pass", **me)

    def test_answers_are_kept_and_the_latest_counts(self, here: Visit, me: dict[str, Any]) -> None:
        item = steps_of(here)["Gas valve closed"]
        for value in ("fail", "fail", "pass"):
            services.answer_item(visit_id=here.pk, item_id=item, value=value, **me)
        assert list(Answer.objects.values_list("value", "is_within_limits")) == [
            ("fail", False),
            ("pass", True),
        ]
        step = queries.evidence_of(here).steps[0]
        assert step.answer is not None
        assert step.answer.value == "pass"
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Answer.objects.update(value="na")

    @pytest.mark.parametrize(
        ("typed", "kept", "within"),
        [("64", "64", True), ("１１８", "118", False), ("100,0", "100", True), ("-1", "-1", False)],
    )
    def test_readings_are_judged(
        self, here: Visit, me: dict[str, Any], typed: str, kept: str, within: bool
    ) -> None:
        item = steps_of(here)["CO in flue gas"]
        answer = services.answer_item(visit_id=here.pk, item_id=item, value=typed, **me)
        assert (answer.value, answer.is_within_limits) == (kept, within)

    @pytest.mark.parametrize(
        ("label", "value", "way_out"),
        [
            ("CO in flue gas", "much", "wants a number"),
            ("CO in flue gas", "", "wants a number"),
            ("Gas valve closed", "maybe", "wants pass, fail or na"),
            ("Anything else", "  ", "1 to 500 characters"),
            ("Anything else", "x" * 501, "1 to 500 characters"),
        ],
    )
    def test_a_wrong_answer_names_the_step_and_the_way_out(
        self, here: Visit, me: dict[str, Any], label: str, value: str, way_out: str
    ) -> None:
        with pytest.raises(BadInput, match=way_out) as told:
            services.answer_item(visit_id=here.pk, item_id=steps_of(here)[label], value=value, **me)
        assert label in told.value.message
        assert not Answer.objects.exists()

    def test_a_step_of_another_checklist_does_not_exist(self, here: Visit, me: dict[str, Any]) -> None:
        foreign = make_checklist(make_work_type()).items.first()
        assert foreign is not None
        with pytest.raises(NotFound, match="no such step"):
            services.answer_item(visit_id=here.pk, item_id=foreign.pk, value="pass", **me)

    def test_a_checklist_must_make_sense(self, in_acme: Company) -> None:
        work_type = make_work_type()
        with pytest.raises(BadInput, match="at least one step"):
            make_checklist(work_type, [])
        with pytest.raises(BadInput, match="Step 1: the lower limit"):
            make_checklist(work_type, [{**STEPS[1], "minimum": 200}])
        with pytest.raises(BadInput, match="Step 1"):
            make_checklist(work_type, [{"kind": "dance", "label": "x"}])
        with pytest.raises(NotAllowed):
            make_checklist(work_type, actor=in_acme.tom.actor)

    def test_nothing_is_collected_before_arriving_or_after_the_end(
        self, visit: Visit, me: dict[str, Any]
    ) -> None:
        with pytest.raises(IllegalTransition, match="I have arrived"):
            services.add_photo(visit_id=visit.pk, kind=PhotoKind.BEFORE, data=picture(), **me)
        arrive(visit, me["actor"])
        services.could_not_complete(visit_id=visit.pk, reason="Nobody there", **me)
        with pytest.raises(IllegalTransition, match="follow-up visit"):
            services.add_photo(visit_id=visit.pk, kind=PhotoKind.BEFORE, data=picture(), **me)


class TestPhotos:
    def test_a_photo_is_kept_below_its_tenant(
        self, in_acme: Company, here: Visit, me: dict[str, Any], media: Path
    ) -> None:
        photo = services.add_photo(visit_id=here.pk, kind=PhotoKind.BEFORE, data=picture(3200, 2400), **me)
        assert (photo.width, photo.height) == (1600, 1200)
        assert str(photo.file).startswith(f"tenants/{in_acme.tenant.pk}/visits/{here.pk}/")
        assert (media / str(photo.file)).read_bytes()[:2] == b"\xff\xd8"

    def test_the_same_file_is_the_same_photo(self, here: Visit, me: dict[str, Any], media: Path) -> None:
        first, again = (
            services.add_photo(visit_id=here.pk, kind=PhotoKind.BEFORE, data=picture(), **me)
            for _ in range(2)
        )
        assert first == again
        assert len([path for path in media.rglob("*") if path.is_file()]) == 1

    def test_what_is_no_picture_leaves_nothing(self, here: Visit, me: dict[str, Any], media: Path) -> None:
        with pytest.raises(BadInput, match="JPEG, PNG or WebP"):
            services.add_photo(visit_id=here.pk, kind=PhotoKind.BEFORE, data=b"%PDF", **me)
        with pytest.raises(BadInput, match="one of"):
            services.add_photo(visit_id=here.pk, kind="selfie", data=picture(), **me)
        assert not Photo.objects.exists()
        assert not list(media.rglob("*.jpg"))

    def test_a_photo_step_is_answered_by_a_photo(self, tom: Engineer, me: dict[str, Any]) -> None:
        work_type = make_work_type()
        make_checklist(work_type, [{"kind": "photo", "label": "Burner after"}])
        there = arrive(make_visit(tom, work_type=work_type), me["actor"])
        item = steps_of(there)["Burner after"]
        with pytest.raises(BadInput, match="wants a photo"):
            services.answer_item(visit_id=there.pk, item_id=item, value="done", **me)
        assert "Burner after" in [lack.label for lack in queries.missing_evidence(there)]
        services.add_photo(visit_id=there.pk, kind=PhotoKind.AFTER, data=picture(), item_id=item, **me)
        assert [lack.kind for lack in queries.missing_evidence(there)] == ["signature"]


class TestSignature:
    def test_a_signature_stays(self, here: Visit, me: dict[str, Any]) -> None:
        first = sign(here, me)
        assert sign(here, me) == first
        with pytest.raises(Conflict, match=r"Mrs\. Alvarez.*cannot be changed"):
            sign(here, me, signer_name="Somebody Else")

    def test_a_name_alone_needs_a_reason(self, here: Visit, me: dict[str, Any]) -> None:
        for nothing in ("", drawing(mark=False)):
            with pytest.raises(BadInput, match="Nothing is drawn"):
                sign(here, me, drawing=nothing)
        assert queries.signature_of(here) is None
        signature = sign(here, me, drawing="", reason="Her arm is in plaster")
        assert (signature.drawing, signature.reason) == ("", "Her arm is in plaster")

    @pytest.mark.parametrize("outcome", [SignatureOutcome.REFUSED, SignatureOutcome.ABSENT])
    def test_no_signature_needs_a_reason(self, here: Visit, me: dict[str, Any], outcome: str) -> None:
        with pytest.raises(BadInput, match="why there is no signature"):
            sign(here, me, outcome=outcome, signer_name="")
        signature = sign(here, me, outcome=outcome, signer_name="", reason="Shop was closed")
        assert signature.reason == "Shop was closed"

    @pytest.mark.parametrize(
        ("facts", "field"),
        [
            ({"signer_name": " "}, "signer_name"),
            ({"drawing": "data:image/png;base64,xxxx"}, "drawing"),
            ({"outcome": "maybe"}, "outcome"),
        ],
    )
    def test_a_bad_signature_names_its_field(
        self, here: Visit, me: dict[str, Any], facts: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(BadInput) as told:
            sign(here, me, **facts)
        assert list(told.value.errors) == [field]
        assert queries.signature_of(here) is None

    def test_what_is_added_later_shows_against_the_hash(self, here: Visit, me: dict[str, Any]) -> None:
        signature = sign(here, me)
        assert queries.evidence_of(here).document_hash == signature.document_hash
        fill(here, me)
        assert queries.evidence_of(here).document_hash != signature.document_hash


class TestParts:
    @pytest.fixture
    def igniter(self, tom: Engineer) -> Any:
        part = make_part(code="4021-B", name="Igniter")
        make_stock(part, make_van(tom), 2)
        return part

    def left(self, part: Any) -> Decimal:
        return StockLevel.objects.get(part=part).on_hand

    def use(self, here: Visit, part: Any, me: dict[str, Any], key: str, quantity: int = 1) -> PartUse:
        return services.use_part(visit_id=here.pk, part_id=part.pk, quantity=Decimal(quantity), key=key, **me)

    def test_a_use_is_one_movement_out_of_the_van(
        self, here: Visit, igniter: Any, me: dict[str, Any]
    ) -> None:
        use = self.use(here, igniter, me, "tap-1")
        assert self.use(here, igniter, me, "tap-1") == use
        assert self.left(igniter) == 1
        assert [use.movement.quantity, use.quantity_billed] == [-1, 1]
        assert list(queries.part_uses_of(here)) == [use]

    def test_the_van_cannot_give_what_it_has_not(self, here: Visit, igniter: Any, me: dict[str, Any]) -> None:
        with pytest.raises(OutOfStock, match="holds 2, asked for were 3"):
            self.use(here, igniter, me, "tap-1", quantity=3)
        assert not PartUse.objects.exists()

    def test_one_less_puts_it_back(self, here: Visit, igniter: Any, me: dict[str, Any]) -> None:
        self.use(here, igniter, me, "tap-1")
        self.use(here, igniter, me, "tap-2")
        back = {"visit_id": here.pk, "part_id": igniter.pk, "quantity": Decimal(1), "key": "back", **me}
        services.return_part(**back)
        services.return_part(**back)
        assert self.left(igniter) == 1
        assert [use.quantity_used for use in queries.part_uses_of(here)] == [1]
        assert list(Movement.objects.order_by("id").values_list("quantity", flat=True)) == [2, -1, -1, 1]
        with pytest.raises(Conflict, match="not used that many"):
            services.return_part(**{**back, "key": "again", "quantity": Decimal(2)})

    def test_a_late_repeat_of_a_use_that_was_put_back_is_told(
        self, here: Visit, igniter: Any, me: dict[str, Any]
    ) -> None:
        self.use(here, igniter, me, "tap-1")
        services.return_part(visit_id=here.pk, part_id=igniter.pk, quantity=Decimal(1), key="back", **me)
        with pytest.raises(Conflict, match="put back meanwhile"):
            self.use(here, igniter, me, "tap-1")
        assert self.left(igniter) == 2

    def test_an_engineer_without_a_van_is_told(self, here: Visit, me: dict[str, Any]) -> None:
        with pytest.raises(Conflict, match="no van"):
            self.use(here, make_part(), me, "tap-1")
