"""Escalations: who is told, who gets the ticket, how the priority rises; once each, and on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from core.errors import BadInput, NotAllowed
from journal.models import AuditEntry, OutboxEvent
from notices import services as notices
from notices.models import Notice
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import Company, Person
from tests.factories.tickets import make_policy, make_ticket
from tickets import queries, services
from tickets.enums import EscalationAct as Act
from tickets.enums import EscalationMoment as Moment
from tickets.enums import EscalationWhom as Whom
from tickets.enums import SlaKpi
from tickets.models import EscalationTimer, SlaClock, SlaPolicy, Ticket

OPENED = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
"""Tuesday, 01:00 in Tokyo."""
BREACH = OPENED + timedelta(minutes=60)
TIMER = Actor.system("escalation")


@pytest.fixture
def policy(in_acme: Company) -> SlaPolicy:
    return make_policy(
        calendar={}, first_response_minutes=60, arrival_minutes=None, resolution_minutes=None, at=OPENED
    )


@pytest.fixture
def ticket(in_acme: Company, policy: SlaPolicy) -> Ticket:
    opened = make_ticket(at=OPENED, priority=3)
    return services.assign_owner(
        ticket_id=opened.pk, owner_id=in_acme.sora.membership.pk, actor=TIMER, at=OPENED
    )


def say(policy: SlaPolicy, act: Act, whom: str = "", moment: str = Moment.BREACH, **facts: Any) -> None:
    services.add_escalation(
        policy_id=policy.pk, moment=moment, act=act, whom=whom, actor=TIMER, at=OPENED, **facts
    )


def clock_of(ticket: Ticket) -> SlaClock:
    return SlaClock.objects.get(ticket=ticket, kpi=SlaKpi.FIRST_RESPONSE)


def breach(ticket: Ticket, at: datetime = BREACH) -> int:
    clock = clock_of(ticket)
    SlaClock.objects.filter(pk=clock.pk).update(breached_at=at, state="breached")
    return services.escalate(clock_id=clock.pk, moment=Moment.BREACH, actor=TIMER, at=at)


def told() -> list[str]:
    return sorted(str(n.membership) for n in Notice.objects.filter(kind__startswith="sla_"))


def on_call(acme: Company, person: Person) -> None:
    notices.add_duty(
        membership_id=person.membership.pk,
        from_at=BREACH - timedelta(hours=1),
        until_at=BREACH + timedelta(hours=1),
        actor=TIMER,
        at=OPENED,
    )


def later(at: datetime) -> Any:
    return patch("django.utils.timezone.now", return_value=at)


@pytest.mark.parametrize(
    ("whom", "people"),
    [
        (Whom.OWNER, ["Sora Desk"]),
        (Whom.ON_CALL, ["Dora Dispatcher"]),
        (Whom.ROLE, ["Dirk Director"]),
        (Whom.MEMBER, ["Ada Admin"]),
    ],
)
def test_a_breach_tells_whom_the_policy_names(
    in_acme: Company, policy: SlaPolicy, ticket: Ticket, whom: str, people: list[str]
) -> None:
    on_call(in_acme, in_acme.dora)
    say(
        policy,
        Act.NOTIFY,
        whom,
        role_id=in_acme.dirk.membership.role_id,
        member_id=in_acme.ada.membership.pk,
    )
    assert breach(ticket) == 1
    assert told() == people
    entry = AuditEntry.objects.get(verb="escalated")
    assert (entry.object_id, entry.changes["people"]) == (ticket.pk, people[0])


def test_whoever_is_meant_twice_is_told_once(in_acme: Company, policy: SlaPolicy, ticket: Ticket) -> None:
    on_call(in_acme, in_acme.sora)
    say(policy, Act.NOTIFY, Whom.OWNER)
    say(policy, Act.NOTIFY, Whom.ON_CALL)
    breach(ticket)
    breach(ticket)
    assert told() == ["Sora Desk"]


def test_nobody_on_call_is_on_record(policy: SlaPolicy, ticket: Ticket) -> None:
    say(policy, Act.NOTIFY, Whom.ON_CALL)
    breach(ticket)
    assert told() == []
    assert AuditEntry.objects.get(verb="escalated").changes["people"] == ""


def test_the_ticket_goes_to_whoever_is_on_call(in_acme: Company, policy: SlaPolicy, ticket: Ticket) -> None:
    on_call(in_acme, in_acme.ada)
    say(policy, Act.REASSIGN, Whom.ON_CALL)
    breach(ticket)
    ticket.refresh_from_db()
    assert ticket.owner_id == in_acme.ada.membership.pk
    assert OutboxEvent.objects.filter(
        name="tickets.TicketAssigned", payload__membership_id=ticket.owner_id, payload__is_urgent=True
    ).exists()
    breach(ticket)
    assert AuditEntry.objects.filter(verb="assigned", object_id=ticket.pk).count() == 2


def test_the_least_busy_of_a_role_gets_it(in_acme: Company, policy: SlaPolicy, ticket: Ticket) -> None:
    say(policy, Act.REASSIGN, Whom.ROLE, role_id=in_acme.dirk.membership.role_id)
    breach(ticket)
    ticket.refresh_from_db()
    assert ticket.owner_id == in_acme.dirk.membership.pk


def test_a_priority_rises_by_a_step_and_never_beyond_the_first(policy: SlaPolicy, ticket: Ticket) -> None:
    say(policy, Act.RAISE)
    seen = []
    for _round in range(4):
        breach(ticket)
        ticket.refresh_from_db()
        seen.append(ticket.priority)
    assert seen == [2, 1, 1, 1]


def test_a_rule_is_called_by_its_word(policy: SlaPolicy, ticket: Ticket) -> None:
    say(policy, Act.RULE, word="late")
    breach(ticket)
    fact = OutboxEvent.objects.get(name="tickets.EscalationCalled")
    assert (fact.payload["word"], fact.payload["ticket_id"]) == ("late", ticket.pk)


def test_a_warning_is_no_breach(policy: SlaPolicy, ticket: Ticket) -> None:
    say(policy, Act.NOTIFY, Whom.OWNER)
    say(policy, Act.RAISE, moment=Moment.WARN)
    services.escalate(clock_id=clock_of(ticket).pk, moment=Moment.WARN, actor=TIMER, at=BREACH)
    ticket.refresh_from_db()
    assert (told(), ticket.priority) == ([], 2)


def test_another_promise_of_the_policy_is_left_alone(policy: SlaPolicy, ticket: Ticket) -> None:
    say(policy, Act.NOTIFY, Whom.OWNER, item_code=clock_of(ticket).code)
    assert breach(ticket) == 1
    SlaClock.objects.filter(ticket=ticket).update(code="something-else")
    assert breach(ticket) == 0


def test_what_was_met_or_solved_meanwhile_escalates_nothing(
    in_acme: Company, policy: SlaPolicy, ticket: Ticket
) -> None:
    say(policy, Act.NOTIFY, Whom.OWNER)
    services.resolve_ticket(ticket_id=ticket.pk, resolution="Done", actor=in_acme.sora.actor, at=BREACH)
    assert breach(ticket) == 0
    assert told() == []


def test_minutes_after_a_breach_wait_as_rows_and_fire_once(
    in_acme: Company, policy: SlaPolicy, ticket: Ticket
) -> None:
    say(policy, Act.NOTIFY, Whom.OWNER, moment=Moment.AFTER, after_minutes=30)
    breach(ticket)
    breach(ticket)
    assert [timer.due_at for timer in EscalationTimer.objects.all()] == [BREACH + timedelta(minutes=30)]
    with later(BREACH + timedelta(minutes=29)):
        assert services.fire_due_escalations() == 0
    with later(BREACH + timedelta(minutes=30)):
        assert services.fire_due_escalations() == 1
        assert services.fire_due_escalations() == 0
    (notice,) = Notice.objects.filter(kind="sla_breached")
    assert notice.facts["minutes"] == 30


def test_a_late_answer_ends_the_waiting(in_acme: Company, policy: SlaPolicy, ticket: Ticket) -> None:
    say(policy, Act.NOTIFY, Whom.OWNER, moment=Moment.AFTER, after_minutes=30)
    breach(ticket)
    services.reply_to_ticket(
        ticket_id=ticket.pk,
        body="Sorry, we come.",
        actor=in_acme.sora.actor,
        at=BREACH + timedelta(minutes=5),
    )
    with later(BREACH + timedelta(minutes=31)):
        assert services.fire_due_escalations() == 1
    assert told() == []


def test_the_usual_is_added_once(policy: SlaPolicy) -> None:
    assert len(services.add_usual_escalations(policy_id=policy.pk, actor=TIMER, at=OPENED)) == 4
    assert services.add_usual_escalations(policy_id=policy.pk, actor=TIMER, at=OPENED) == []


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"moment": Moment.AFTER, "act": Act.RAISE}, "after_minutes"),
        ({"act": Act.NOTIFY}, "whom"),
        ({"act": Act.REASSIGN, "whom": Whom.OWNER}, "whom"),
        ({"act": Act.NOTIFY, "whom": Whom.ROLE}, "role_id"),
        ({"act": Act.NOTIFY, "whom": Whom.MEMBER}, "member_id"),
        ({"act": Act.RULE, "word": " "}, "word"),
        ({"act": Act.RAISE, "item_code": "nothing"}, "item_code"),
        ({"act": "explode"}, "act"),
    ],
)
def test_what_an_act_lacks_is_named(policy: SlaPolicy, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        services.add_escalation(
            **{"policy_id": policy.pk, "moment": Moment.BREACH, "actor": TIMER, "at": OPENED, **facts}
        )
    assert field in refused.value.errors


def test_escalations_are_for_who_runs_the_company(in_acme: Company, policy: SlaPolicy) -> None:
    with pytest.raises(NotAllowed):
        services.add_usual_escalations(policy_id=policy.pk, actor=in_acme.sora.actor, at=OPENED)


def test_a_note_tells_whom_it_names_once(in_acme: Company, ticket: Ticket) -> None:
    note = services.reply_to_ticket(
        ticket_id=ticket.pk, body="@Dora please look", kind="internal", actor=in_acme.sora.actor, at=BREACH
    )
    for _again in range(2):
        services.tell_of_mention(
            ticket_id=ticket.pk,
            message_id=note.pk,
            membership_id=in_acme.dora.membership.pk,
            actor=TIMER,
            at=BREACH,
        )
    (notice,) = Notice.objects.filter(kind="ticket_mentioned")
    assert (notice.membership_id, notice.facts["by"]) == (in_acme.dora.membership.pk, "Sora Desk")
    assert notice.facts["excerpt"] == "@Dora please look"


@pytest.mark.django_db(transaction=True)
def test_the_settings_page_adds_and_removes(acme: Company, signed_in: Callable[[Person], Client]) -> None:
    with tenant_active(acme.tenant.pk):
        policy = make_policy()
    ada, url = signed_in(acme.ada), f"/t/acme/settings/policies/{policy.pk}/escalations/"
    assert "Nobody is told" in ada.get(url).content.decode()
    assert ada.post(f"{url}usual/").status_code == 303
    page = ada.get(url).content.decode()
    assert "Whoever is on call" in page
    assert "1\u00a0h after it was broken" in page
    refused = ada.post(url, {"moment": "after", "act": "raise"})
    assert refused.status_code == 422
    assert "how many minutes later" in refused.content.decode()
    assert ada.post(url, {"moment": "warn", "act": "raise"}).status_code == 303
    with tenant_active(acme.tenant.pk):
        gone = queries.escalations_of(policy.pk).last()
    assert gone is not None
    assert ada.post(f"{url}{gone.pk}/remove/").status_code == 303
    with tenant_active(acme.tenant.pk):
        assert queries.escalations_of(policy.pk).count() == 4
    assert signed_in(acme.sora).get(url).status_code == 403
