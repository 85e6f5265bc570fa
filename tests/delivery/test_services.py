"""A visit carried out: taps, time, evidence, its gate, and who may."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.enums import Permission
from core.errors import BadInput, Conflict, IllegalTransition, NotAllowed, NotFound
from delivery import queries, services
from delivery.enums import PhotoKind, SignatureOutcome, TimeKind
from delivery.models import Answer, PartUse, Photo, TimeEntry
from delivery.services.completion import EvidenceMissing
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from inventory.models import Movement, StockLevel
from inventory.services import OutOfStock
from journal.models import AuditEntry, OutboxEvent
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.delivery import (
    STEPS,
    arrive,
    make_checklist,
    make_engineer,
    make_visit,
    make_work_type,
    picture,
)
from tests.factories.inventory import make_part, make_stock, make_van
from workforce.models import Engineer

MINUTE = timedelta(minutes=1)
OFFICE = Actor.system("factory")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def tom(in_acme: Company) -> Engineer:
    return make_engineer(in_acme.tom)


@pytest.fixture
def visit(in_acme: Company, tom: Engineer) -> Visit:
    """Sent to Tom; its work has a checklist."""
    work_type = make_work_type()
    make_checklist(work_type)
    return make_visit(tom, work_type=work_type)


@pytest.fixture
def here(in_acme: Company, visit: Visit) -> Visit:
    """Tom is on site."""
    return arrive(visit, in_acme.tom.actor)


@pytest.fixture
def me(in_acme: Company) -> dict[str, Any]:
    """Tom, ten minutes later."""
    return {"actor": in_acme.tom.actor, "at": AT + 10 * MINUTE}


def steps_of(visit: Visit) -> dict[str, int]:
    return {step.item.label: step.item.pk for step in queries.evidence_of(visit).steps}


def sign(visit: Visit, me: dict[str, Any], **facts: Any) -> Any:
    given = {"outcome": "signed", "signer_name": "Mrs. Alvarez", "drawing": "", "reason": "", **facts}
    return services.sign(visit_id=visit.pk, **given, **me)


def fill(visit: Visit, me: dict[str, Any]) -> None:
    steps = steps_of(visit)
    services.answer_item(visit_id=visit.pk, item_id=steps["Gas valve closed"], value="pass", **me)
    services.answer_item(visit_id=visit.pk, item_id=steps["CO in flue gas"], value="64", **me)


class TestTaps:
    def test_time_follows_the_taps_and_pauses_are_left_out(self, visit: Visit, me: dict[str, Any]) -> None:
        taps = [
            (services.accept_visit, 0),
            (services.start_travel, 5),
            (services.arrive, 30),
            (services.pause_visit, 50),
            (services.resume_visit, 65),
        ]
        for tap, minute in taps:
            tap(visit_id=visit.pk, actor=me["actor"], at=AT + minute * MINUTE)
        later = {**me, "at": AT + 80 * MINUTE}
        fill(visit, later)
        sign(visit, later)
        services.complete_visit(visit_id=visit.pk, **later)
        visit.refresh_from_db()
        assert visit.status == VisitStatus.DONE
        assert (queries.travel_minutes(visit), queries.work_minutes(visit)) == (25, 35)
        assert list(TimeEntry.objects.values_list("kind", flat=True)) == ["travel", "work", "break", "work"]
        assert not TimeEntry.objects.filter(end_at=None).exists()

    @pytest.mark.parametrize(
        ("tap", "again"),
        [
            (services.accept_visit, 1),
            (services.start_travel, 2),
            (services.arrive, 3),
        ],
    )
    def test_a_second_tap_changes_nothing(
        self, visit: Visit, me: dict[str, Any], tap: Any, again: int
    ) -> None:
        for act in (services.accept_visit, services.start_travel, services.arrive)[:again]:
            act(visit_id=visit.pk, **me)
        before = Visit.objects.values().get(pk=visit.pk)
        entries = AuditEntry.objects.count()
        tap(visit_id=visit.pk, actor=me["actor"], at=me["at"] + MINUTE)
        assert Visit.objects.values().get(pk=visit.pk) == before
        assert AuditEntry.objects.count() == entries

    def test_a_tap_out_of_turn_names_the_state_and_what_comes_first(
        self, visit: Visit, me: dict[str, Any]
    ) -> None:
        with pytest.raises(IllegalTransition, match=r"is “Sent”.*must be “Accepted / Travelling” first"):
            services.arrive(visit_id=visit.pk, **me)
        with pytest.raises(IllegalTransition, match="“Accepted” first"):
            services.start_travel(visit_id=visit.pk, **me)
        visit.refresh_from_db()
        assert visit.status == VisitStatus.DISPATCHED
        assert not TimeEntry.objects.exists()

    def test_arriving_does_not_end_a_pause(self, here: Visit, me: dict[str, Any]) -> None:
        services.pause_visit(visit_id=here.pk, **me)
        sheet = list(TimeEntry.objects.values_list("kind", "end_at"))
        with pytest.raises(IllegalTransition, match="Paused"):
            services.complete_visit(visit_id=here.pk, **me)
        assert list(TimeEntry.objects.values_list("kind", "end_at")) == sheet

    def test_the_phones_clock_dates_the_time_sheet_but_never_the_future(
        self, visit: Visit, me: dict[str, Any]
    ) -> None:
        services.accept_visit(visit_id=visit.pk, **me)
        services.start_travel(visit_id=visit.pk, device_at=AT + 4 * MINUTE, **me)
        services.arrive(visit_id=visit.pk, device_at=AT + 90 * MINUTE, **me)
        travel = TimeEntry.objects.get(kind=TimeKind.TRAVEL)
        assert (travel.start_at, travel.end_at) == (AT + 4 * MINUTE, me["at"])
        visit.refresh_from_db()
        assert visit.arrived_at == me["at"]

    def test_a_delay_is_written_down_and_told(self, visit: Visit, me: dict[str, Any]) -> None:
        services.report_delay(visit_id=visit.pk, minutes=20, **me)
        assert AuditEntry.objects.get(verb="delay_reported").changes == {"delay_minutes": 20}
        assert OutboxEvent.objects.get(name="delivery.DelayReported").payload["minutes"] == 20
        with pytest.raises(BadInput):
            services.report_delay(visit_id=visit.pk, minutes=0, **me)

    def test_no_delay_after_arriving(self, here: Visit, me: dict[str, Any]) -> None:
        with pytest.raises(IllegalTransition, match="only before arriving"):
            services.report_delay(visit_id=here.pk, minutes=20, **me)


class TestWho:
    def test_another_engineer_may_not(self, in_acme: Company, tom: Engineer, me: dict[str, Any]) -> None:
        theirs = make_visit(make_engineer(name="Sato"))
        for act in (services.accept_visit, services.arrive, services.complete_visit):
            with pytest.raises(NotAllowed, match="belongs to Sato"):
                act(visit_id=theirs.pk, **me)
        assert not AuditEntry.objects.filter(object_type="dispatch.visit").exists()

    @pytest.mark.parametrize("who", ["sora", "cora", "pia", "dirk"])
    def test_the_office_may_not_perform(self, in_acme: Company, visit: Visit, who: str) -> None:
        with pytest.raises(NotAllowed, match="Carry out one's own visits"):
            services.accept_visit(visit_id=visit.pk, actor=getattr(in_acme, who).actor, at=AT)

    def test_a_dispatcher_corrects_and_a_program_acts_for_the_engineer(
        self, in_acme: Company, visit: Visit
    ) -> None:
        program = Actor(kind="token", label="phone", permissions=frozenset([Permission.VISIT_PERFORM]))
        services.accept_visit(visit_id=visit.pk, actor=program, at=AT)
        services.start_travel(visit_id=visit.pk, actor=in_acme.dora.actor, at=AT)
        visit.refresh_from_db()
        assert visit.status == VisitStatus.TRAVELLING

    def test_a_missing_visit_is_not_found(self, in_acme: Company, me: dict[str, Any]) -> None:
        with pytest.raises(NotFound):
            services.accept_visit(visit_id=10**9, **me)


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
    def test_a_name_is_enough_and_it_stays(self, here: Visit, me: dict[str, Any]) -> None:
        first = sign(here, me)
        assert sign(here, me) == first
        with pytest.raises(Conflict, match=r"Mrs\. Alvarez.*cannot be changed"):
            sign(here, me, signer_name="Somebody Else")

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


class TestEnd:
    def test_completion_lists_exactly_what_is_missing(self, here: Visit, me: dict[str, Any]) -> None:
        with pytest.raises(EvidenceMissing) as told:
            services.complete_visit(visit_id=here.pk, **me)
        assert told.value.facts["missing"] == ["Gas valve closed", "CO in flue gas", "Signature"]
        fill(here, me)
        with pytest.raises(EvidenceMissing) as told:
            services.complete_visit(visit_id=here.pk, **me)
        assert told.value.facts["missing"] == ["Signature"]
        here.refresh_from_db()
        assert here.status == VisitStatus.ON_SITE

    def test_a_complete_visit_is_done_and_told_once(self, here: Visit, me: dict[str, Any]) -> None:
        fill(here, me)
        sign(here, me)
        services.complete_visit(visit_id=here.pk, remarks="Filter is worn", **me)
        services.complete_visit(visit_id=here.pk, **me)
        here.refresh_from_db()
        assert (here.status, here.ended_at) == (VisitStatus.DONE, me["at"])
        assert here.work_order.status == "done"
        assert OutboxEvent.objects.filter(name="dispatch.VisitCompleted").count() == 1
        assert AuditEntry.objects.get(verb="remarked").reason == "Filter is worn"
        submission = queries.submission_of(here)
        assert submission is not None
        assert submission.completed_at == me["at"]

    def test_what_could_not_be_done_waits_with_its_reason(self, here: Visit, me: dict[str, Any]) -> None:
        with pytest.raises(BadInput, match="Say why"):
            services.could_not_complete(visit_id=here.pk, reason=" ", **me)
        services.could_not_complete(visit_id=here.pk, reason="A part is missing", **me)
        here.work_order.refresh_from_db()
        assert (here.work_order.status, here.work_order.follow_up_reason) == (
            "unscheduled",
            "A part is missing",
        )
        assert not TimeEntry.objects.filter(end_at=None).exists()
