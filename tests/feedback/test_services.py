"""Links, ratings and follow-ups."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core import mail
from django.db import IntegrityError, connection

from channels import services as channels
from channels.models import OutboundMessage
from core.errors import BadInput, IllegalTransition, NotAllowed, NotFound
from dispatch.enums import VisitStatus
from dispatch.events import VisitCompleted, VisitSent
from feedback import links, queries, services
from feedback.enums import LinkPurpose, RecoveryStatus
from feedback.models import CustomerLink, Recovery, Response
from journal import services as journal
from journal.models import AuditEntry, OutboxEvent
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.billing import make_engineer, make_visit, make_work_order
from tests.factories.customers import make_contact, make_site
from tests.factories.feedback import SYSTEM, make_link, make_response

LATER = AT + timedelta(hours=2)


def rate(code: str, score: int = 5, **facts: object) -> Response:
    given = {"at": AT, **facts}
    return services.record_response(code=code, score=score, **given)  # type: ignore[arg-type]


def test_only_the_hash_of_a_code_is_kept_and_the_code_can_be_shown_again(in_acme: Company) -> None:
    link = make_link()
    code = links.code_of(link)

    assert links.code_of(CustomerLink.objects.get()) == code
    stored = "".join(str(value) for value in CustomerLink.objects.values_list()[0])
    assert code not in stored
    assert len(code) == 26 and set(code) <= set(links.ALPHABET)


def test_codes_differ_by_visit_and_purpose(in_acme: Company) -> None:
    visit = make_visit()
    found = {links.code_of(make_link(visit, purpose)) for purpose in (LinkPurpose.TRACK, LinkPurpose.RATE)}
    assert len(found | {links.code_of(make_link())}) == 3


def test_a_code_may_be_typed_with_hyphens_capitals_and_misread_letters(in_acme: Company) -> None:
    link = make_link()
    typed = links.spoken(links.url_of(in_acme.tenant, link, "https://x.example")).rsplit("/", 1)[1].upper()
    assert "-" in typed
    assert queries.find_link(typed.replace("0", "O").replace("1", "l"), LinkPurpose.RATE, AT) == link


def test_asking_for_a_link_again_gives_the_same_one(in_acme: Company) -> None:
    visit = make_visit()
    assert make_link(visit).pk == make_link(visit, at=LATER).pk


def test_a_tracking_link_follows_a_visit_that_was_moved(in_acme: Company) -> None:
    visit = make_visit(status=VisitStatus.DISPATCHED)
    first = make_link(visit, LinkPurpose.TRACK)
    visit.end_at += timedelta(days=5)
    visit.save()
    assert make_link(visit, LinkPurpose.TRACK).expires_at == first.expires_at + timedelta(days=5)


@pytest.mark.parametrize("spoil", ["wrong", "expired", "revoked", "other purpose"])
def test_a_link_that_does_not_hold_is_not_found(in_acme: Company, spoil: str) -> None:
    link, purpose, at = make_link(), LinkPurpose.RATE, AT
    code = links.code_of(link)
    if spoil == "wrong":
        code = "0" * 26
    elif spoil == "expired":
        at = link.expires_at
    elif spoil == "revoked":
        services.revoke_link(link_id=link.pk, actor=in_acme.sora.actor, at=AT)
    else:
        purpose = LinkPurpose.TRACK
    assert queries.find_link(links.code_of(link), LinkPurpose.RATE, AT) == (
        None if spoil == "revoked" else link
    )
    assert queries.find_link(code, purpose, at) is None


def test_an_engineer_shows_the_code_of_the_own_visit_only(in_acme: Company) -> None:
    own = make_visit(engineer=make_engineer(membership=in_acme.tom.membership))
    other = make_visit(engineer=make_engineer(name="Kato"))

    services.issue_link(visit_id=own.pk, purpose="rate", actor=in_acme.tom.actor, at=AT)
    with pytest.raises(NotAllowed, match="not your visit"):
        services.issue_link(visit_id=other.pk, purpose="rate", actor=in_acme.tom.actor, at=AT)


def test_a_rating_is_kept_and_told(in_acme: Company) -> None:
    response = make_response(score=4, reasons=["tidy", "on_time", "nonsense"], comment=" Good ")

    assert (response.score, response.reasons, response.comment) == (4, ["on_time", "tidy"], "Good")
    assert response.flags == []
    assert OutboxEvent.objects.filter(name="feedback.ResponseRecorded").count() == 1
    assert not Recovery.objects.exists()


def test_saying_it_again_changes_the_one_response(in_acme: Company) -> None:
    code = links.code_of(make_link())
    rate(code, 4)
    rate(code, 3, comment="Late", at=LATER)

    response = Response.objects.get()
    assert (response.score, response.comment, response.recorded_at) == (3, "Late", AT)
    assert AuditEntry.objects.get(verb="response_changed").changes == {"score": [4, 3]}


def test_after_a_day_it_stands(in_acme: Company) -> None:
    code = links.code_of(make_link())
    rate(code, 4)
    with pytest.raises(IllegalTransition, match="was rated 4 of 5"):
        rate(code, 1, at=AT + timedelta(hours=24))


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_score_is_from_one_to_five(in_acme: Company, score: int) -> None:
    with pytest.raises(BadInput):
        rate(links.code_of(make_link()), score)


def test_a_wrong_code_records_nothing(in_acme: Company) -> None:
    with pytest.raises(NotFound):
        rate("x" * 26)
    assert not Response.objects.exists()


def test_a_low_score_opens_one_follow_up_due_within_the_hour(in_acme: Company) -> None:
    code = links.code_of(make_link())
    rate(code, 2)
    rate(code, 1)

    recovery = Recovery.objects.get()
    assert recovery.due_at == AT + timedelta(hours=1)
    assert AuditEntry.objects.filter(verb="recovery_opened").count() == 1


def test_the_wish_for_a_call_opens_a_follow_up_too(in_acme: Company) -> None:
    make_response(score=5, wants_call=True)
    assert Recovery.objects.get().status == RecoveryStatus.OPEN


def test_a_follow_up_is_finished_with_its_outcome(in_acme: Company) -> None:
    make_response(score=1)
    recovery = Recovery.objects.get()

    with pytest.raises(BadInput):
        services.finish_recovery(recovery_id=recovery.pk, outcome=" ", actor=in_acme.sora.actor, at=LATER)
    with pytest.raises(NotAllowed):
        services.finish_recovery(recovery_id=recovery.pk, outcome="x", actor=in_acme.dora.actor, at=LATER)
    done = services.finish_recovery(
        recovery_id=recovery.pk, outcome="Called, new visit on Friday", actor=in_acme.sora.actor, at=LATER
    )
    assert (done.status, done.done_by, done.done_at) == (RecoveryStatus.DONE, "Sora Desk", LATER)
    assert AuditEntry.objects.get(verb="recovery_finished").changes["was_late"] is True
    with pytest.raises(IllegalTransition, match="already finished by Sora Desk"):
        services.finish_recovery(recovery_id=recovery.pk, outcome="x", actor=in_acme.sora.actor, at=LATER)


def test_a_rating_taken_down_by_us_says_so(in_acme: Company) -> None:
    visit = make_visit()
    response = services.record_response_for(visit_id=visit.pk, score=3, actor=in_acme.sora.actor, at=AT)
    assert response.flags == ["by_staff"]
    with pytest.raises(NotAllowed):
        services.record_response_for(visit_id=visit.pk, score=3, actor=in_acme.tom.actor, at=AT)


def test_a_visit_is_rated_after_it_has_ended(in_acme: Company) -> None:
    visit = make_visit(status=VisitStatus.ACCEPTED)
    with pytest.raises(IllegalTransition, match="when it has ended"):
        services.record_response_for(visit_id=visit.pk, score=3, actor=in_acme.sora.actor, at=AT)


# Invitations.


def tell(company: Company, event: type[VisitCompleted] | type[VisitSent], visit_id: int) -> None:
    with tenant_active(company.tenant.pk):
        journal.publish(event(visit_id=visit_id, work_order_id=0, engineer_id=0))
    journal.deliver_all()
    channels.send_due()


@pytest.mark.django_db(transaction=True)
def test_customers_are_asked_once_by_mail_in_their_language(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        site = make_site()
        contact = make_contact(site.customer, language="ja", email="mari@aoki.example")
        visit = make_visit(make_work_order(site, contact=contact))
    tell(acme, VisitCompleted, visit.pk)
    tell(acme, VisitCompleted, visit.pk)

    with tenant_active(acme.tenant.pk):
        link = CustomerLink.objects.get(purpose=LinkPurpose.RATE)
        message = OutboundMessage.objects.get(key=f"rate:{visit.pk}")
        assert (message.recipient, message.language) == ("mari@aoki.example", "ja")
        assert links.path_of(acme.tenant, link) in message.body
        assert not Response.objects.exists()
    assert len([m for m in mail.outbox if links.code_of(link) in str(m.body)]) == 1


@pytest.mark.django_db(transaction=True)
def test_a_sent_visit_is_told_with_its_window_in_the_sites_time(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit(
            make_work_order(make_site(time_zone="Asia/Shanghai")), status=VisitStatus.DISPATCHED
        )
    tell(acme, VisitSent, visit.pk)

    with tenant_active(acme.tenant.pk):
        body = OutboundMessage.objects.get(key=f"track:{visit.pk}").body
    assert "7:30 and 8:30" in body, "09:00 in Tokyo is 08:00 in Shanghai"
    assert "/v/" in body


def test_without_an_address_only_the_link_is_made(in_acme: Company) -> None:
    visit = make_visit(make_work_order(contact=None))
    services.invite_to_rate(visit_id=visit.pk, actor=SYSTEM, at=AT)
    assert CustomerLink.objects.count() == 1 and not OutboundMessage.objects.exists()


# Parallel uses of one link.


def use_at_once(company: Company, act: object, times: int = 20) -> list[str]:
    together = Barrier(4)

    def use(number: int) -> str:
        try:
            if number < 4:
                together.wait(timeout=10)
            with tenant_active(company.tenant.pk):
                act(number)  # type: ignore[operator]
            return "ok"
        except IntegrityError:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(use, range(times)))


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_uses_make_one_response(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        code = links.code_of(make_link())

    answers = use_at_once(acme, lambda number: rate(code, 1 + number % 2))

    with tenant_active(acme.tenant.pk):
        assert answers == ["ok"] * 20
        assert Response.objects.count() == 1 and Recovery.objects.count() == 1
        assert AuditEntry.objects.filter(verb="response_recorded").count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_some_uses_would_fail(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: look without locking, then write."""
    with tenant_active(acme.tenant.pk):
        visit = make_visit()
    meeting = Barrier(4)

    def check_then_insert(number: int) -> None:
        is_first = not Response.objects.filter(visit=visit).exists()
        meeting.wait(timeout=30)
        if is_first:
            Response.objects.create(visit=visit, score=5, recorded_at=AT)

    assert sorted(use_at_once(acme, check_then_insert, times=4)) == ["ok", "refused", "refused", "refused"]
