"""Fetching a mailbox from a server that speaks IMAP, over loopback."""

from __future__ import annotations

from typing import Any

import pytest

from channels import services
from channels.models import ChannelAccount, InboundMessage
from channels.services import mail, polling
from core.errors import Conflict
from journal import services as journal
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.channels.providers import make_account
from tests.factories.channels import make_email
from tests.factories.tickets import FOUNDER
from tests.peers.imap import ImapPeer, imap_peer
from tickets.models import Ticket


@pytest.fixture
def mailbox(settings: Any) -> Any:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    with imap_peer() as peer:
        yield peer


def add(peer: ImapPeer, **options: Any) -> ChannelAccount:
    where = {
        "imap_host": "127.0.0.1",
        "imap_port": peer.port,
        "imap_security": "none",
        "imap_user": peer.user,
    }
    return make_account("mailbox", **{**where, **options})


def poll(account: ChannelAccount) -> ChannelAccount:
    """Fetch now, whenever it was last fetched."""
    ChannelAccount.objects.filter(pk=account.pk).update(checked_at=None, leased_until=None)
    assert services.poll_due() == 1
    account.refresh_from_db()
    return account


def letter(number: int, **facts: str) -> bytes:
    return make_email(message_id=f"<{number}@aoki.example>", subject=f"No. {number}", **facts)


def test_what_waits_becomes_tickets_and_is_fetched_once(in_acme: Company, mailbox: ImapPeer) -> None:
    account = add(mailbox)
    for number in (1, 2):
        mailbox.put(letter(number))
    poll(account)
    mailbox.put(letter(3))
    for _ in range(2):
        poll(account)
    journal.deliver_all()
    assert mailbox.fetched == [1, 2, 3]
    assert sorted(Ticket.objects.values_list("subject", flat=True)) == ["No. 1", "No. 2", "No. 3"]
    assert set(InboundMessage.objects.values_list("account", flat=True)) == {account.pk}
    assert account.problem == ""


def test_the_mailbox_is_left_as_it_is(in_acme: Company, mailbox: ImapPeer) -> None:
    mailbox.put(letter(1))
    poll(add(mailbox))
    verbs = {command.split()[0] for command in mailbox.commands}
    assert verbs == {"CAPABILITY", "LOGIN", "EXAMINE", "UID", "LOGOUT"}
    assert all("BODY[" not in command for command in mailbox.commands)


def test_a_mailbox_that_counts_anew_gives_nothing_twice(in_acme: Company, mailbox: ImapPeer) -> None:
    account = add(mailbox)
    mailbox.put(letter(1))
    poll(account)
    mailbox.validity = 8
    poll(account)
    assert account.cursor == {"validity": 8, "uid": 1}
    assert InboundMessage.objects.count() == 1


def test_a_poison_message_does_not_keep_the_rest_out(
    in_acme: Company, mailbox: ImapPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = mail.ingest_email

    def breaking(**facts: Any) -> Any:
        if b"No. 2" in facts["raw"]:
            raise RuntimeError("poison")
        return whole(**facts)

    monkeypatch.setattr(polling, "ingest_email", breaking)
    for number in (1, 2, 3):
        mailbox.put(letter(number))
    poll(add(mailbox))
    kept = InboundMessage.objects.get(status="quarantined")
    assert (kept.reason, b"No. 2" in bytes(kept.raw)) == ("RuntimeError: poison", True)
    assert InboundMessage.objects.filter(status="read").count() == 2


def test_a_message_at_which_the_server_breaks_off_is_left_aside_in_the_end(
    in_acme: Company, mailbox: ImapPeer
) -> None:
    account = add(mailbox)
    for number in (1, 2, 3):
        mailbox.put(letter(number))
    mailbox.breaks_at = {2}
    for _ in range(polling.MOST_TRIES):
        poll(account)
        assert account.problem
    poll(account)
    assert (account.problem, account.cursor["uid"]) == ("", 3)
    assert InboundMessage.objects.filter(status="read").count() == 2
    assert "still in the mailbox" in InboundMessage.objects.get(status="quarantined").reason


def test_a_message_that_is_too_large_is_named_not_fetched(in_acme: Company, mailbox: ImapPeer) -> None:
    mailbox.sizes[mailbox.put(letter(1))] = 100 * 1024 * 1024
    poll(add(mailbox))
    kept = InboundMessage.objects.get()
    assert kept.status == "quarantined"
    assert b"No. 1" in bytes(kept.raw) and "104857600" in kept.reason


def test_a_server_that_is_gone_is_shown_and_asked_again(in_acme: Company, settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    with imap_peer() as peer:
        account = add(peer)
    poll(account)
    assert "cannot be reached" in account.problem
    assert (account.leased_until, account.checked_at is not None) == (None, True)
    with imap_peer() as peer:
        ChannelAccount.objects.update(options={**account.options, "imap_port": peer.port})
        peer.put(letter(1))
        assert poll(account).problem == ""
    assert InboundMessage.objects.count() == 1


def test_a_wrong_password_is_shown_in_the_servers_words(in_acme: Company, mailbox: ImapPeer) -> None:
    mailbox.password = "another"
    account = add(mailbox)
    assert "wrong user or password" in poll(account).problem
    with pytest.raises(Conflict, match="wrong user or password"):
        services.try_account(account_id=account.pk, actor=FOUNDER, at=AT)


def test_a_mailbox_is_fetched_by_one_at_a_time_and_not_without_pause(
    in_acme: Company, mailbox: ImapPeer
) -> None:
    account = poll(add(mailbox))
    assert services.poll_due() == 0
    ChannelAccount.objects.filter(pk=account.pk).update(checked_at=None)
    assert polling._claim() is not None
    assert polling._claim() is None


def test_a_mailbox_that_is_off_is_not_fetched(in_acme: Company, mailbox: ImapPeer) -> None:
    account = add(mailbox)
    services.switch_account(account_id=account.pk, is_active=False, actor=FOUNDER, at=AT)
    assert services.poll_due() == 0


def test_the_claim_names_tenants_and_ids_only(acme: Company, globex: Company, mailbox: ImapPeer) -> None:
    for company in (acme, globex):
        with tenant_active(company.tenant.pk):
            add(mailbox)
    mailbox.put(letter(1))
    assert services.poll_due() == 2
    for company in (acme, globex):
        with tenant_active(company.tenant.pk):
            assert InboundMessage.objects.count() == 1


def test_our_own_network_is_not_reached_unless_allowed(
    in_acme: Company, settings: Any, mailbox: ImapPeer
) -> None:
    settings.OUTGOING_ALLOW = []
    assert "not a public address" in poll(add(mailbox)).problem
    assert mailbox.commands == []
