"""Mail that nobody should send, and everybody does: a clear outcome, and nothing lost."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from channels.enums import InboundStatus
from channels.models import Attachment, InboundMessage, OutboundMessage
from channels.queries import own_email_addresses
from channels.services import message_id_of, send_due, send_message
from journal import services as journal
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.channels import make_email
from tests.factories.tickets import FOUNDER
from tickets import services
from tickets.models import Ticket, TicketMessage
from tickets.services import Intake

SIX = ("tickets_opened", "replies", "automatic", "bounces", "quarantined", "lost")
HEAD = b"From: Mari <mari@aoki.example>\nSubject: It jams\nMessage-ID: <%s@aoki.example>\n"


def ingest(*paths: Path) -> dict[str, int]:
    out = StringIO()
    call_command("ingest_email", "--tenant", "acme", *map(str, paths), stdout=out, stderr=StringIO())
    counts: dict[str, int] = json.loads(out.getvalue().splitlines()[-1])
    assert counts["messages"] == sum(counts[name] for name in SIX)
    assert counts["lost"] == 0
    return counts


def take(raw: bytes) -> Intake:
    return services.take_in_email(raw=raw, at=AT, actor=FOUNDER)


AWKWARD: dict[str, bytes] = {
    "utf-16 with its mark": "From: a@b.example\nSubject: 複合機\n\nhello".encode("utf-16"),
    "utf-8 with its mark": b"\xef\xbb\xbf" + HEAD % b"bom" + b"\nhello",
    "NUL bytes everywhere": b"From: a\x00 <a@b.example>\nSubject: x\x00y\n"
    b"Message-ID: <n\x00ul@x>\nReferences: <\x00@y>\n\n\x00",
    "no message id": b"From: a@b.example\nSubject: s\n\nhello",
    "a header of a megabyte": b"From: a@b.example\nTo: "
    + b"x@y.example, " * 80_000
    + b"\nSubject: s\n\nhello",
    "a sender of a megabyte": b"From: " + b"x" * 1_000_000 + b" <a@b.example>\nSubject: s\n\nhello",
    "a subject of a megabyte": b"From: a@b.example\nSubject: =?utf-8?q?" + b"=41" * 300_000 + b"?=\n\nhello",
    "raw bytes in headers": "From: 青木 <a@b.example>\nSubject: 複合機".encode("shift_jis") + b"\n\nhello",
    "broken encoded words": b"From: =?utf-8?b?!!!?= <a@b.example>\n"
    b"Subject: =?x-no?q?=ZZ?= =?utf-8?b?44G=?=\n\nhello",
    "a boundary that never ends": HEAD % b"nb"
    + b'Content-Type: multipart/mixed; boundary="x"\n\n--x\n\nhello',
    "a multipart without boundary": HEAD % b"mb" + b"Content-Type: multipart/mixed\n\nhello",
    "an unknown transfer encoding": HEAD % b"te" + b"Content-Transfer-Encoding: x-nonsense\n\nhello",
    "broken base64": HEAD % b"bb" + b"Content-Transfer-Encoding: base64\n\n!!!aGVsbG8\n",
    "an impossible charset": HEAD % b"ic" + b"Content-Type: text/plain; charset=\x00\xff\n\nhello",
    "a charset that is a codec": HEAD % b"cc" + b"Content-Type: text/plain; charset=zlib\n\nhello",
    "encrypted by S/MIME": HEAD % b"sm"
    + b'Content-Type: application/pkcs7-mime; name="smime.p7m"\n\nMIAGCSqG',
    "Outlook's own format": HEAD % b"wm"
    + b"Content-Type: application/ms-tnef; name=winmail.dat\n\n\x78\x9f\x3e\x22",
    "an invitation": HEAD % b"iv" + b"Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR",
    "a name in RFC 2231": HEAD % b"rf"
    + b"Content-Type: text/csv; name*0*=utf-8''%E5%86%99; name*1=x.csv\n\na,b",
    "an mbox line before one message": b"From mari@aoki Mon Jan  1 00:00:00 2024\n"
    + HEAD % b"mx"
    + b"\nhello",
}


@pytest.mark.parametrize("name", AWKWARD)
def test_it_becomes_a_ticket(in_acme: Company, name: str) -> None:
    assert take(AWKWARD[name]) == Intake.OPENED
    assert take(AWKWARD[name]) == Intake.KNOWN
    kept = InboundMessage.objects.get()
    assert bytes(kept.raw) == AWKWARD[name]
    assert kept.facts["problem"] == ""


def test_what_is_hidden_is_said(in_acme: Company) -> None:
    for name, seal in (("encrypted by S/MIME", "smime"), ("Outlook's own format", "winmail")):
        take(AWKWARD[name])
        assert InboundMessage.objects.latest("pk").facts["seal"] == seal


def test_a_name_of_rfc_2231_is_read(in_acme: Company) -> None:
    take(AWKWARD["a name in RFC 2231"])
    assert Attachment.objects.get().name == "写x.csv"


def test_a_mailbox_file_is_split(acme: Company, tmp_path: Path) -> None:
    one = (
        b"From mari@aoki Mon Jan  1 00:00:00 2024\n"
        + HEAD % b"1"
        + b"\nhello\n>From the roof\n\nFrom here on\n\n"
    )
    two = b"From mari@aoki Mon Jan  1 00:00:00 2024\n" + HEAD % b"2" + b"\nmore\n"
    (tmp_path / "inbox.mbox").write_bytes(one + two)
    assert ingest(tmp_path)["tickets_opened"] == 2
    with tenant_active(acme.tenant.pk):
        assert "From the roof" in InboundMessage.objects.order_by("pk")[0].body
        assert "From here on" in InboundMessage.objects.order_by("pk")[0].body


def test_a_maildir_links_and_odd_files_are_read_once(acme: Company, tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1:2,S").write_bytes(make_email())
    (tmp_path / "cur" / "again").symlink_to(tmp_path / "new" / "1:2,S")
    (tmp_path / "cur" / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "cur" / "loop").symlink_to(tmp_path)
    (tmp_path / "dovecot-uidlist").write_bytes(b"3 V1 N2\n")
    (tmp_path / "empty").write_bytes(b"")
    counts = ingest(tmp_path)
    assert (counts["messages"], counts["tickets_opened"], counts["quarantined"]) == (3, 1, 2)


def test_an_empty_folder_holds_nothing(acme: Company, tmp_path: Path) -> None:
    assert ingest(tmp_path)["messages"] == 0


def big_letter(path: Path, megabytes: int) -> None:
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\n"
    with path.open("wb") as file:
        file.write(
            HEAD % b"big" + b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nSee the video.\n--b\n'
        )
        file.write(b'Content-Type: video/mp4; name="video.mp4"\nContent-Transfer-Encoding: base64\n')
        file.write(b"Content-Disposition: attachment\n\n")
        for _ in range(megabytes * 1024 * 1024 // len(line)):
            file.write(line)
        file.write(b"--b\nContent-Type: text/plain; name=notes.txt\n")
        file.write(b"Content-Disposition: attachment\n\nafter\n--b--\n")


def test_a_hundred_megabytes_become_a_ticket_in_bounded_memory(acme: Company, tmp_path: Path) -> None:
    path = tmp_path / "big.eml"
    big_letter(path, 140)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert ingest(path)["tickets_opened"] == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
    with tenant_active(acme.tenant.pk):
        message = InboundMessage.objects.get()
        assert message.body == "See the video."
        assert len(bytes(message.raw)) < 10_000
        files = {file.name: file for file in Attachment.objects.all()}
        assert (files["video.mp4"].state, files["video.mp4"].reason) == ("refused", "heavy")
        assert files["video.mp4"].size > 100 * 1024 * 1024
        assert files["notes.txt"].state == "kept"
        assert files["message.eml"].file.size == path.stat().st_size
    assert ingest(path)["replies"] == 1


def test_ten_thousand_parts_are_noted_and_read_fast(in_acme: Company) -> None:
    parts = b"".join(b"--b\nContent-Type: text/plain\n\nx%d\n" % n for n in range(10_000))
    raw = HEAD % b"many" + b'Content-Type: multipart/mixed; boundary="b"\n\n' + parts + b"--b--\n"
    assert take(raw) == Intake.OPENED
    assert "parts" in InboundMessage.objects.get().reason


def test_parts_nested_without_end_leave_sender_and_subject(in_acme: Company) -> None:
    raw = HEAD % b"deep"
    for depth in range(2_000):
        raw += f'Content-Type: multipart/mixed; boundary="b{depth}"\n\n--b{depth}\n'.encode()
    assert take(raw + b"\nhello") in (Intake.OPENED, Intake.QUARANTINED)
    kept = InboundMessage.objects.get()
    assert (kept.sender_address, kept.subject) == ("mari@aoki.example", "It jams")
    assert kept.facts["problem"] in ("", "too_deep")
    assert "Error" not in kept.reason


def test_parts_nested_too_deeply_are_said_in_words(in_acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(*_given: object) -> None:
        raise RecursionError("maximum recursion depth exceeded")

    monkeypatch.setattr("channels.email._read", deep)
    assert take(make_email()) == Intake.QUARANTINED
    assert InboundMessage.objects.get().reason == "Its parts are nested too deeply."


def test_what_is_set_aside_says_why(in_acme: Company) -> None:
    take(b"Subject: nobody\n\nhello")
    assert InboundMessage.objects.get().reason.startswith("It names no sender")


def test_automatic_notices_open_nothing_and_join_nothing(in_acme: Company) -> None:
    take(make_email())
    notice = {"subject": "Automatic reply: The copier jams", "in_reply_to": "<one@aoki.example>"}
    assert {take(make_email(message_id=f"<{n}@loop>", **notice)) for n in range(12)} == {Intake.AUTOMATIC}
    assert Ticket.objects.get().messages.count() == 1


def test_mail_of_a_list_is_automatic_unless_it_is_ours_or_answers_us(in_acme: Company) -> None:
    by_list = {"precedence": "list", "list_id": "News <news.maker.example>"}
    assert take(make_email(message_id="<1@l>", **by_list)) == Intake.AUTOMATIC
    own = f"Service <{sorted(own_email_addresses())[0].replace('@', '.')}>"
    assert take(make_email(message_id="<2@l>", precedence="list", list_id=own)) == Intake.OPENED
    ticket = Ticket.objects.get()
    services.reply_to_ticket(ticket_id=ticket.pk, body="When?", actor=in_acme.sora.actor, at=AT)
    ours = message_id_of(OutboundMessage.objects.get())
    assert take(make_email(message_id="<3@l>", in_reply_to=ours, body="Now", **by_list)) == Intake.REPLY


def test_a_mail_that_its_own_answer_overtook_joins_it(in_acme: Company) -> None:
    answer = make_email(message_id="<b@x>", in_reply_to="<a@x>", body="And the scanner")
    assert take(answer) == Intake.OPENED
    assert take(make_email(message_id="<a@x>")) == Intake.REPLY
    assert take(make_email(sender="eve@evil.example", message_id="<c@x>")) == Intake.OPENED
    assert Ticket.objects.count() == 2


def test_an_overtaken_mail_of_another_sender_is_another_ticket(in_acme: Company) -> None:
    take(make_email(sender="eve@evil.example", message_id="<b@x>", in_reply_to="<a@x>", body="Pay me"))
    assert take(make_email(message_id="<a@x>")) == Intake.OPENED


def test_one_run_takes_in_a_mail_before_its_answer(acme: Company, tmp_path: Path) -> None:
    (tmp_path / "50-a.eml").write_bytes(
        make_email(message_id="<m50b@x>", in_reply_to="<m50a@x>", body="Still.")
    )
    (tmp_path / "50-b.eml").write_bytes(make_email(message_id="<m50a@x>"))
    counts = ingest(tmp_path)
    assert (counts["tickets_opened"], counts["replies"]) == (1, 1)
    with tenant_active(acme.tenant.pk):
        said = Ticket.objects.get().messages.order_by("id").values_list("body", flat=True)
        assert [words.strip() for words in said] == ["Every day on 3F.", "Still."]


def test_a_message_that_cannot_be_kept_as_read_is_set_aside(
    in_acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_mail: object) -> None:
        raise ValueError("no room")

    monkeypatch.setattr("channels.services.mail._facts", broken)
    assert take(make_email()) == Intake.QUARANTINED
    kept = InboundMessage.objects.get()
    assert (kept.status, kept.facts["problem"]) == (InboundStatus.QUARANTINED, "unreadable")
    assert bytes(kept.raw) == make_email()


def test_other_attachments_under_the_same_message_id_are_another_message(in_acme: Company) -> None:
    def with_file(content: bytes) -> bytes:
        body = b"Content-Type: text/csv; name=a.csv\nContent-Disposition: attachment\n\n" + content
        return HEAD % b"same" + body

    assert [take(with_file(b"one")), take(with_file(b"two"))] == [Intake.OPENED, Intake.OPENED]
    again = b"Received: by another\n" + with_file(b"one")
    assert take(again) == Intake.KNOWN


def test_the_clock_of_the_sender_rules_nothing(in_acme: Company) -> None:
    raw = make_email().replace(b"Date: ", b"Date: Mon, 01 Jan 2092 00:00:00 +0000\nX-Date: ")
    take(raw)
    kept = InboundMessage.objects.get()
    assert kept.received_at == Ticket.objects.get().opened_at == AT
    assert "2092" in kept.facts["sent_on"]


def test_a_first_mails_quoted_words_stay_in_the_description(in_acme: Company) -> None:
    take(make_email(body="Please help.\n\nOn 1 May 2024 10:00 x <a@b.example> wrote:\n> The fuser smokes"))
    ticket = Ticket.objects.get()
    assert "fuser" in ticket.description
    assert ticket.messages.get().body == "Please help."


def test_the_same_words_again_and_again_are_held(in_acme: Company) -> None:
    outcomes = [
        take(make_email(message_id=f"<{n}@loop>", subject="Automatic reply - away", body=f"I am away {n}"))
        for n in range(12)
    ]
    assert outcomes[:10] == [Intake.OPENED] * 10
    assert outcomes[10:] == [Intake.QUARANTINED] * 2
    assert InboundMessage.objects.latest("pk").facts["problem"] == "flood"
    assert take(make_email(message_id="<real@a>", body="Something else")) == Intake.OPENED


def bounce_of(sent: OutboundMessage, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered\nMessage-ID: <bounce@mx.example>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; mari@aoki.example\nAction: {action}\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550 no such user\n\n"
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: {message_id_of(sent)}\nSubject: Re\n\nx\n--b--\n"
    ).encode()


@pytest.mark.django_db(transaction=True)
class TestReturns:
    """What comes back, across transactions."""

    def answered(self, company: Company) -> OutboundMessage:
        take(make_email())
        ticket = Ticket.objects.get()
        services.reply_to_ticket(ticket_id=ticket.pk, body="When?", actor=company.sora.actor, at=AT)
        return OutboundMessage.objects.get()

    def test_a_bounce_is_shown_on_the_ticket(self, acme: Company) -> None:
        with tenant_active(acme.tenant.pk):
            sent = self.answered(acme)
            assert [take(bounce_of(sent)), take(bounce_of(sent))] == [Intake.BOUNCE, Intake.BOUNCE]
            sent.refresh_from_db()
            assert sent.status == "failed"
            assert "does not exist" in sent.reason
            assert "550 no such user" in sent.reason
        journal.deliver_all()
        journal.deliver_all()
        with tenant_active(acme.tenant.pk):
            note = TicketMessage.objects.get(kind="internal")
            assert "mari@aoki.example" in note.body

    def test_a_delay_is_no_failure(self, acme: Company) -> None:
        with tenant_active(acme.tenant.pk):
            sent = self.answered(acme)
            take(bounce_of(sent, action="delayed", status="4.4.1"))
            sent.refresh_from_db()
            assert sent.status == "queued"
            assert "goes on trying" in sent.reason

    def test_two_responders_of_ours_end_at_once(self, acme: Company, globex: Company) -> None:
        """Each company answers automatically whatever opens a ticket; the first answer is the last."""
        mails = [make_email(message_id="<start@x>")]
        rounds = 0
        companies = [acme, globex]
        while mails and rounds < 20:
            company = companies[rounds % 2]
            with tenant_active(company.tenant.pk):
                if take(mails.pop()) == Intake.OPENED:
                    send_message(
                        key=f"thanks:{rounds}",
                        channel="email",
                        recipient="service@other.example",
                        subject="We got your mail",
                        body="Thanks",
                        language="en",
                        is_automatic=True,
                        actor=FOUNDER,
                        at=AT,
                    )
            journal.deliver_all()
            send_due()
            mails += [sent.message().as_bytes() for sent in mail.outbox]
            mail.outbox.clear()
            rounds += 1
        assert rounds == 2


@pytest.mark.parametrize("shape", [lambda n: b"\n" * n, lambda n: b"A: b\n" * n, lambda n: b"\xff" * n])
def test_noise_is_set_aside(in_acme: Company, shape: Callable[[int], bytes]) -> None:
    assert take(shape(100_000)) == Intake.QUARANTINED


def test_the_page_says_once_why_in_the_readers_language(acme: Company, client: Client) -> None:
    with tenant_active(acme.tenant.pk):
        take(b"Subject: nobody\n\nhello")
    client.force_login(acme.sora.user)
    for language, words in (("ja", "差出人"), ("en", "It names no sender")):
        page = client.get(
            "/t/acme/tickets/quarantine/", headers={"accept-language": language}
        ).content.decode()
        assert page.count("It names no sender") == (language == "en")
        assert words in page
