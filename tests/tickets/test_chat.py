"""Chats: a visitor's words become a ticket at once, our answers wait in the chat, then go by e-mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels import queries as channels
from channels import services as channel_services
from channels.enums import Channel, InboundStatus, OutboundStatus
from channels.models import ChatSession, InboundMessage, OutboundMessage
from core.errors import BadInput, Conflict
from journal import live
from journal import services as journal
from tests.cast import AT, Company
from tests.factories.chat import FOUNDER, VISITOR, make_chat, make_chat_account, say
from tests.factories.customers import make_contact
from tests.factories.tickets import make_ticket
from tickets import services
from tickets.enums import TicketStatus
from tickets.models import Ticket, TicketMessage
from tickets.queries.chat import chat_state_of, find_ticket_of_chat

LATER = AT + timedelta(minutes=6)
SENDER = FOUNDER


@pytest.fixture
def whispers(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> list[tuple[str, str]]:
    """(event, room) of everything whispered."""
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(live, "whisper", lambda tenant, event, *, room="", **ids: heard.append((event, room)))
    return heard


def answer(ticket: Ticket, company: Company, body: str = "We come at ten.", at: Any = AT) -> OutboundMessage:
    services.reply_to_ticket(ticket_id=ticket.pk, body=body, actor=company.sora.actor, at=at)
    return OutboundMessage.objects.filter(channel=Channel.CHAT).order_by("-id")[0]


def test_the_first_message_opens_a_ticket_at_once(in_acme: Company) -> None:
    session, _code = make_chat(email="mari@aoki.example")
    ticket = say(session, "The copier jams")
    message = ticket.messages.get()
    assert (ticket.channel, ticket.subject, message.author_label) == (
        "chat",
        "The copier jams",
        "Mari",
    )
    assert ticket.contact is not None
    assert ticket.contact.email == "mari@aoki.example"
    assert InboundMessage.objects.get().status == InboundStatus.READ


def test_further_messages_join_the_ticket_and_the_handler_adds_nothing(in_acme: Company) -> None:
    session, _code = make_chat()
    first, second = say(session, "Hello"), say(session, "The copier jams")
    journal.deliver_all()
    assert first == second
    assert [m.body for m in first.messages.all()] == ["Hello", "The copier jams"]
    assert Ticket.objects.count() == 1


def test_the_same_message_again_changes_nothing(in_acme: Company) -> None:
    session, _code = make_chat()
    assert say(session, "Hello", key="k1") == say(session, "Hello", key="k1")
    assert TicketMessage.objects.count() == InboundMessage.objects.count() == 1


def test_the_same_key_in_another_session_is_another_message(in_acme: Company) -> None:
    account = make_chat_account()
    one, other = make_chat(account)[0], make_chat(account)[0]
    assert say(one, "Hello", key="k1") != say(other, "Hello", key="k1")


def test_an_anonymous_visitor_needs_no_customer(in_acme: Company) -> None:
    session, _code = make_chat(name="")
    ticket = say(session, "Hello")
    assert (ticket.customer, ticket.messages.get().author_label) == (None, "Visitor")


def test_only_the_hash_of_the_code_is_kept(in_acme: Company) -> None:
    account = make_chat_account()
    session, code = make_chat(account)
    assert code not in str(ChatSession.objects.values().get())
    assert channels.find_chat(code, account.pk, AT) == session
    assert channels.find_chat(code, account.pk + 1, AT) is None
    assert channels.find_chat(code + "x", account.pk, AT) is None
    assert channels.find_chat(code, account.pk, AT + timedelta(days=31)) is None


def test_an_ended_chat_takes_nothing_more(in_acme: Company) -> None:
    account = make_chat_account()
    session, code = make_chat(account)
    ticket = say(session, "Hello")
    channel_services.close_chat(session_id=session.pk, actor=VISITOR, at=AT)
    assert channels.find_chat(code, account.pk, AT) is None
    with pytest.raises(Conflict):
        say(session, "Still there?")
    services.reply_to_ticket(ticket_id=ticket.pk, body="Yes", actor=in_acme.sora.actor, at=AT)
    assert not OutboundMessage.objects.exists()


@pytest.mark.parametrize("body", ["", "  \n ", "x" * 4001])
def test_empty_and_endless_words_are_refused(in_acme: Company, body: str) -> None:
    session, _code = make_chat()
    with pytest.raises(BadInput):
        services.say_in_chat(session=session, key="k", body=body, actor=VISITOR, at=AT)
    assert not InboundMessage.objects.exists()


def test_what_cannot_become_a_ticket_is_kept_for_a_person(
    in_acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_facts: object) -> None:
        raise RuntimeError("no numbers left")

    monkeypatch.setattr("tickets.services.chat.take_in", broken)
    session, _code = make_chat()
    message, ticket = services.say_in_chat(session=session, key="k", body="Hello", actor=VISITOR, at=AT)
    assert ticket is None
    message.refresh_from_db()
    assert (message.status, message.body) == (InboundStatus.QUARANTINED, "Hello")
    assert [line.body for line in channels.chat_lines(session)] == ["Hello"]


def test_an_answer_goes_into_the_chat_and_is_sent_when_the_page_has_it(in_acme: Company) -> None:
    session, _code = make_chat(email="mari@aoki.example")
    sent = answer(say(session, "Hello"), in_acme)
    assert (sent.status, sent.recipient, sent.due_at) == (
        OutboundStatus.QUEUED,
        session.room,
        LATER - timedelta(minutes=1),
    )
    assert [line.body for line in channels.chat_lines(session)] == ["Hello", "We come at ten."]
    taken = services.take_chat_delivery(session=session, up_to=sent.pk, actor=VISITOR, at=AT)
    sent.refresh_from_db()
    assert (taken, sent.status) == (1, OutboundStatus.SENT)
    assert not OutboundMessage.objects.filter(channel=Channel.EMAIL).exists()


def test_an_answer_that_nobody_took_goes_by_mail(in_acme: Company) -> None:
    session, _code = make_chat(email="mari@aoki.example")
    ticket = say(session, "Hello")
    sent = answer(ticket, in_acme)
    channel_services.send_queued(message_id=sent.pk, actor=SENDER, at=LATER)
    channel_services.send_queued(message_id=sent.pk, actor=SENDER, at=LATER)
    mail = OutboundMessage.objects.get(channel=Channel.EMAIL)
    sent.refresh_from_db()
    assert (mail.recipient, mail.body) == ("mari@aoki.example", "We come at ten.")
    assert f"[{ticket}]" in mail.subject
    assert sent.status == OutboundStatus.SENT
    assert "e-mail" in sent.reason


def test_without_an_address_the_desk_sees_that_nobody_read_it(in_acme: Company) -> None:
    session, _code = make_chat()
    sent = answer(say(session, "Hello"), in_acme)
    channel_services.send_queued(message_id=sent.pk, actor=SENDER, at=LATER)
    sent.refresh_from_db()
    assert sent.status == OutboundStatus.FAILED
    assert [line.body for line in channels.chat_lines(session)][-1] == "We come at ten.", (
        "still there for them"
    )


def test_the_mail_can_be_answered_into_the_same_ticket(in_acme: Company) -> None:
    from tests.factories.channels import make_email

    session, _code = make_chat(email="mari@aoki.example")
    ticket = say(session, "Hello")
    channel_services.send_queued(message_id=answer(ticket, in_acme).pk, actor=SENDER, at=LATER)
    mail = OutboundMessage.objects.get(channel=Channel.EMAIL)
    raw = make_email(in_reply_to=channel_services.message_id_of(mail), body="Ten is fine.")
    assert services.take_in_email(raw=raw, at=LATER, actor=FOUNDER) == services.Intake.REPLY
    last = ticket.messages.last()
    assert last is not None and last.body == "Ten is fine."


def test_a_gone_visitor_whom_we_know_otherwise_is_answered_there(in_acme: Company) -> None:
    contact = make_contact(email="known@aoki.example")
    session, _code = make_chat(name="")
    ticket = say(session, "Hello")
    Ticket.objects.filter(pk=ticket.pk).update(contact=contact, customer=contact.customer)
    services.reply_to_ticket(ticket_id=ticket.pk, body="Hi", actor=in_acme.sora.actor, at=LATER)
    assert OutboundMessage.objects.get().channel == Channel.EMAIL


def test_internal_notes_never_reach_the_chat(in_acme: Company) -> None:
    session, _code = make_chat()
    ticket = say(session, "Hello")
    services.reply_to_ticket(
        ticket_id=ticket.pk,
        body="A difficult one",
        kind="internal",
        actor=in_acme.sora.actor,
        at=AT,
    )
    assert [line.body for line in channels.chat_lines(session)] == ["Hello"]


def test_a_visitor_sees_their_own_session_only_even_after_a_merge(in_acme: Company) -> None:
    account = make_chat_account()
    one, other = make_chat(account)[0], make_chat(account)[0]
    first, second = say(one, "My secret"), say(other, "Another")
    Ticket.objects.filter(pk=second.pk).update(status=TicketStatus.MERGED, merged_into=first)
    assert say(other, "Once more") is not None
    answer(first, in_acme)
    assert [line.body for line in channels.chat_lines(one)] == ["My secret"]
    assert [line.body for line in channels.chat_lines(other)] == [
        "Another",
        "Once more",
        "We come at ten.",
    ]
    assert find_ticket_of_chat(other.room) == first


def test_lines_come_once_by_their_numbers(in_acme: Company) -> None:
    session, _code = make_chat()
    ticket = say(session, "One")
    sent = answer(ticket, in_acme)
    heard = InboundMessage.objects.get().pk
    say(session, "Two")
    assert [line.body for line in channels.chat_lines(session, heard=heard, told=sent.pk)] == ["Two"]


def test_the_desk_sees_whether_the_visitor_is_there(in_acme: Company) -> None:
    session, _code = make_chat()
    ticket = say(session, "Hello")
    states = [chat_state_of(ticket, at) for at in (AT, LATER)]
    assert [state and state.is_here for state in states] == [True, False]
    assert chat_state_of(make_ticket(), AT) is None


def test_both_sides_hear_of_it_after_the_commit(
    in_acme: Company, whispers: list[tuple[str, str]], django_capture_on_commit_callbacks: Any
) -> None:
    session, _code = make_chat()
    with django_capture_on_commit_callbacks() as waiting:
        ticket = say(session, "Hello")
    assert whispers == []
    for callback in waiting:
        callback()
    assert whispers == [("chat.said", ""), ("chat.said", session.room)]
    whispers.clear()
    with django_capture_on_commit_callbacks(execute=True):
        sent = answer(ticket, in_acme)
    assert whispers == [("chat.said", ""), ("chat.said", session.room)]
    whispers.clear()
    with django_capture_on_commit_callbacks(execute=True):
        services.take_chat_delivery(session=session, up_to=sent.pk, actor=VISITOR, at=AT)
    assert whispers == [("chat.taken", "")]


def test_typing_is_whispered_to_the_other_side_only(
    in_acme: Company, whispers: list[tuple[str, str]]
) -> None:
    session, _code = make_chat()
    services.visitor_writes(session=session, actor=VISITOR)
    assert whispers == [], "nobody knows yet what it is about"
    ticket = say(session, "Hello")
    services.visitor_writes(session=session, actor=VISITOR)
    services.desk_writes(ticket_id=ticket.pk, actor=in_acme.sora.actor)
    assert whispers == [("chat.typing", ""), ("chat.typing", session.room)]
