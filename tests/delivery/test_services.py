"""A visit carried out: taps, time, its gate, and who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.enums import Permission
from core.errors import BadInput, IllegalTransition, NotAllowed, NotFound
from delivery import queries, services
from delivery.enums import TimeKind
from delivery.models import TimeEntry
from delivery.services.completion import EvidenceMissing
from dispatch import services as dispatch
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from journal.models import AuditEntry, OutboxEvent
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.delivery.acts import fill, sign
from tests.factories.delivery import (
    make_engineer,
    make_visit,
)
from tests.factories.dispatch import make_visit as plan_visit
from workforce.models import Engineer

MINUTE = timedelta(minutes=1)
OFFICE = Actor.system("factory")


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
            services.arrive(visit_id=here.pk, **me)
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

    @pytest.mark.parametrize("pauses", [False, True])
    def test_who_finds_nobody_says_so(self, here: Visit, me: dict[str, Any], pauses: bool) -> None:
        if pauses:
            services.pause_visit(visit_id=here.pk, **me)
        with pytest.raises(BadInput, match="Say why"):
            services.no_show(visit_id=here.pk, reason=" ", **me)
        ended = services.no_show(visit_id=here.pk, reason="Closed", **me)
        assert (ended.status, ended.end_reason, ended.work_order.status) == (
            "no_show",
            "Closed",
            "unscheduled",
        )
        assert not TimeEntry.objects.filter(end_at=None).exists()

    def test_a_paused_visit_may_end(self, here: Visit, me: dict[str, Any]) -> None:
        fill(here, me)
        sign(here, me)
        services.pause_visit(visit_id=here.pk, **me)
        assert services.complete_visit(visit_id=here.pk, **me).status == VisitStatus.DONE

    def test_a_done_visit_may_ask_for_another(self, here: Visit, me: dict[str, Any]) -> None:
        fill(here, me)
        sign(here, me)
        order = services.complete_visit(visit_id=here.pk, follow_up=" Fit the new valve ", **me).work_order
        assert (order.status, order.follow_up_reason) == ("unscheduled", "Fit the new valve")
        again = plan_visit(AT + timedelta(days=1), work_order=order, engineer=here.engineer)
        planner = {"actor": OFFICE, "at": me["at"]}
        for status in ("dispatched", "accepted", "on_site"):
            dispatch.progress_visit(visit_id=again.pk, status=status, **planner)
            order.refresh_from_db()
            assert order.follow_up_reason == "Fit the new valve", "who goes knows why"
        dispatch.progress_visit(visit_id=again.pk, status="done", **planner)
        order.refresh_from_db()
        assert (order.status, order.follow_up_reason) == ("done", "")

    def test_no_other_visit_is_needed_after_all(self, here: Visit, me: dict[str, Any]) -> None:
        fill(here, me)
        sign(here, me)
        order = services.complete_visit(visit_id=here.pk, follow_up="Fit the new valve", **me).work_order
        done = dispatch.update_work_order(
            work_order_id=order.pk, follow_up_reason="", actor=OFFICE, at=me["at"]
        )
        assert done.status == "done"
