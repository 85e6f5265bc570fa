"""Files and originals of mail: kept, refused, shown, sent."""

from __future__ import annotations

import io
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from channels.enums import AttachmentState
from channels.models import Attachment, InboundMessage, OutboundMessage
from core.errors import NotFound
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.channels import make_email
from tests.factories.delivery import picture
from tests.factories.tickets import FOUNDER
from tickets import services
from tickets.models import Ticket, TicketMessage
from tickets.services import Intake


def letter(*files: tuple[str, bytes, str], html: str = "", **headers: str) -> bytes:
    """A mail of Mari's with files (name, bytes, type); the first is part of the HTML as cid:first."""
    message = EmailMessage()
    message["From"], message["Subject"] = "Mari Aoki <mari@aoki.example>", "The copier jams"
    message["Message-ID"] = headers.pop("message_id", "<files@aoki.example>")
    message.set_content("Every day on 3F.")
    if html:
        message.add_alternative(html, subtype="html")
    for number, (name, content, kind) in enumerate(files):
        main, sub = kind.split("/")
        cid = {"cid": "<first>"} if number == 0 else {}
        message.add_attachment(content, maintype=main, subtype=sub, filename=name, **cid)  # type: ignore[arg-type]
    return message.as_bytes()


def take(raw: bytes) -> Ticket:
    assert services.take_in_email(raw=raw, at=AT, actor=FOUNDER) == Intake.OPENED
    return Ticket.objects.latest("pk")


def test_pictures_are_written_anew_without_their_place(in_acme: Company) -> None:
    held = io.BytesIO()
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010E] = "secret place"
    Image.new("RGB", (3000, 2000), "red").save(held, "JPEG", exif=exif)
    take(letter(("photo.jpg", held.getvalue(), "image/jpeg")))
    kept = Attachment.objects.get()
    assert (kept.name, kept.content_type, kept.width, kept.height) == ("photo.jpg", "image/jpeg", 1600, 1067)
    with kept.file.open("rb") as file:
        content = file.read()
    assert b"secret place" not in content
    assert not Image.open(io.BytesIO(content)).getexif()


def test_a_refused_file_is_named_with_its_reason_and_the_raw_message_holds_it(in_acme: Company) -> None:
    take(letter(("evil\u202egpj.exe", b"MZ program", "image/jpeg")))
    kept = Attachment.objects.get()
    assert (kept.state, kept.reason, kept.name) == (AttachmentState.REFUSED, "executable", "evilgpj.exe")
    assert not kept.file
    assert b"TVogcHJvZ3JhbQ" in bytes(InboundMessage.objects.get().raw)


def test_the_same_file_is_stored_once(in_acme: Company) -> None:
    for number in range(2):
        take(letter(("logo.png", picture(), "image/png"), message_id=f"<{number}@a>"))
    first, second = Attachment.objects.all()
    assert first.file.name == second.file.name


def test_the_ticket_shows_files_quoted_text_and_the_way_to_the_mail_as_sent(
    acme: Company, client: Client
) -> None:
    html = '<p>Every day</p><img src="cid:first"><img src="https://t.example/p.gif"><script>x</script>'
    raw = letter(("logo.png", picture(), "image/png"), ("<b>.pdf", b"%PDF-1.7", "application/pdf"), html=html)
    with tenant_active(acme.tenant.pk):
        ticket = take(
            raw.replace(b"Every day on 3F.", b"Every day.\n\nOn 1 May 2024 x <a@b.example> wrote:\n> old")
        )
        message = ticket.messages.get()
        logo, pdf = Attachment.objects.order_by("pk")
    client.force_login(acme.sora.user)
    page = client.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()
    assert "1 remote picture is blocked" in page
    assert "&gt; old" in page
    assert f"/t/acme/tickets/{ticket.pk}/files/{pdf.pk}/" in page
    document = client.get(f"/t/acme/tickets/{ticket.pk}/messages/{message.pk}/html/")
    body = document.content.decode()
    assert f"/t/acme/tickets/{ticket.pk}/files/{logo.pk}/picture/" in body
    assert "<script" not in body
    assert "t.example" not in body
    assert "default-src 'none'" in document.headers["Content-Security-Policy"]
    assert "allow-scripts" not in document.headers["Content-Security-Policy"]
    assert document.headers["X-Frame-Options"] == "SAMEORIGIN"
    saved = client.get(f"/t/acme/tickets/{ticket.pk}/files/{pdf.pk}/")
    assert saved.headers["Content-Disposition"].startswith("attachment;")
    assert saved.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in saved.headers["Content-Security-Policy"]
    assert client.get(f"/t/acme/tickets/{ticket.pk}/files/{pdf.pk}/picture/").status_code == 404
    original = client.get(f"/t/acme/tickets/{ticket.pk}/messages/{message.pk}/raw/")
    assert original.headers["Content-Type"] == "message/rfc822"


def test_a_file_is_given_only_with_its_own_ticket(acme: Company, globex: Company, client: Client) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = take(letter(("notes.txt", b"words", "text/plain")))
        other = take(make_email(message_id="<other@a>"))
        file = Attachment.objects.get()
    client.force_login(acme.sora.user)
    assert client.get(f"/t/acme/tickets/{ticket.pk}/files/{file.pk}/").status_code == 200
    assert client.get(f"/t/acme/tickets/{other.pk}/files/{file.pk}/").status_code == 404
    assert client.get(f"/t/globex/tickets/{ticket.pk}/files/{file.pk}/").status_code == 404
    client.force_login(globex.mallory.user)
    assert client.get(f"/t/acme/tickets/{ticket.pk}/files/{file.pk}/").status_code == 404
    assert client.get(f"/t/globex/tickets/{ticket.pk}/files/{file.pk}/").status_code == 404
    client.logout()
    assert client.get(f"/t/acme/tickets/{ticket.pk}/files/{file.pk}/").status_code in (302, 404)


def upload(client: Client, ticket: Ticket, name: str, content: bytes) -> Any:
    path = f"/t/acme/tickets/{ticket.pk}/reply/files/"
    return client.post(path, {"files": SimpleUploadedFile(name, content)}, headers={"HX-Request": "true"})


def test_files_wait_in_the_draft_and_go_with_the_answer(acme: Company, client: Client) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = take(make_email())
    client.force_login(acme.sora.user)
    assert "plan.pdf" in upload(client, ticket, "plan.pdf", b"%PDF-1.7").content.decode()
    assert "was not taken: it is a program" in upload(client, ticket, "x.exe", b"MZ").content.decode()
    assert "larger than 10 MB" in upload(client, ticket, "big.bin", bytes(11 * 1024**2)).content.decode()
    assert "plan.pdf" in client.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()
    with tenant_active(acme.tenant.pk):
        services.reply_to_ticket(ticket_id=ticket.pk, body="See the plan.", actor=acme.sora.actor, at=AT)
        sent = OutboundMessage.objects.get()
        assert [file.name for file in sent.attachments.all()] == ["plan.pdf"]
    assert f"files/{sent_file(acme)}/" in client.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()


def sent_file(company: Company) -> int:
    with tenant_active(company.tenant.pk):
        return Attachment.objects.get(outbound__isnull=False).pk


def test_a_colleagues_waiting_file_is_nobody_elses(acme: Company, client: Client) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = take(make_email())
        mine = services.add_reply_file(
            ticket_id=ticket.pk, name="a.txt", content=b"x", actor=acme.ada.actor, at=AT
        )
        services.reply_to_ticket(ticket_id=ticket.pk, body="Words", actor=acme.sora.actor, at=AT)
        mine.refresh_from_db()
        assert mine.outbound is None
        with pytest.raises(NotFound):
            services.remove_reply_file(ticket_id=ticket.pk, file_id=mine.pk, actor=acme.sora.actor, at=AT)
        assert Attachment.objects.exists()
        services.remove_reply_file(ticket_id=ticket.pk, file_id=mine.pk, actor=acme.ada.actor, at=AT)
        assert not Attachment.objects.exists()
    client.force_login(acme.sora.user)
    assert client.get(f"/t/acme/tickets/{ticket.pk}/files/{mine.pk}/").status_code == 404


def test_files_of_a_note_rest_beside_it(in_acme: Company) -> None:
    ticket = take(make_email())
    services.add_reply_file(ticket_id=ticket.pk, name="a.txt", content=b"x", actor=in_acme.sora.actor, at=AT)
    services.reply_to_ticket(
        ticket_id=ticket.pk, body="For us", kind="internal", actor=in_acme.sora.actor, at=AT
    )
    note = TicketMessage.objects.get(kind="internal")
    assert Attachment.objects.get().content_id == f"message:{note.pk}"
    assert not OutboundMessage.objects.exists()


FORM = {"name": "Cleo", "email": "cleo@home.example", "subject": "No heat", "body": "Since morning"}


def test_the_public_form_takes_photos(acme: Company, client: Client) -> None:
    photo = SimpleUploadedFile("boiler.jpg", picture(), "image/jpeg")
    assert client.post("/c/acme/request/", {**FORM, "files": photo}).status_code == 303
    with tenant_active(acme.tenant.pk):
        assert Attachment.objects.get().inbound_id == Ticket.objects.get().messages.get().inbound_id


def test_the_public_form_refuses_a_hundred_megabytes_and_programs(acme: Company, client: Client) -> None:
    heavy = SimpleUploadedFile("video.bin", bytes(100 * 1024 * 1024))
    answer = client.post("/c/acme/request/", {**FORM, "files": heavy})
    assert answer.status_code == 422
    assert "larger than 10 MB" in answer.content.decode()
    assert "Since morning" in answer.content.decode()
    answer = client.post("/c/acme/request/", {**FORM, "files": SimpleUploadedFile("x.exe", b"MZ")})
    assert "it is a program" in answer.content.decode()
    with tenant_active(acme.tenant.pk):
        assert not Ticket.objects.exists()
        assert not Attachment.objects.exists()


@pytest.mark.parametrize("name", ["عميل", "שלום"])
def test_names_from_right_to_left_turn_nothing_around_them(acme: Company, client: Client, name: str) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = take(make_email(sender=f"{name} 🙂 <m@a.example>"))
    client.force_login(acme.sora.user)
    assert f'dir="auto">{name} 🙂' in client.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()


def test_a_work_order_shows_what_the_customer_sent(acme: Company, client: Client) -> None:
    from dispatch import services as dispatch
    from dispatch.models import WorkType
    from tests.factories.customers import make_site

    with tenant_active(acme.tenant.pk):
        ticket = take(letter(("photo.png", picture(), "image/png"), ("notes.txt", b"words", "text/plain")))
        kind = WorkType.objects.create(code="jam", name="Jam")
        site = make_site(ticket.customer)
        work_order = dispatch.create_work_order_from_ticket(
            ticket_id=ticket.pk, work_type_id=kind.pk, site_id=site.pk, actor=acme.ada.actor, at=AT
        )
        photo, notes = Attachment.objects.order_by("pk")
    client.force_login(acme.dora.user)
    page = client.get(f"/t/acme/work-orders/{work_order.pk}/").content.decode()
    assert "Every day on 3F." in page
    assert f"/t/acme/work-orders/{work_order.pk}/files/{notes.pk}/" in page
    assert client.get(f"/t/acme/work-orders/{work_order.pk}/files/{photo.pk}/picture/").status_code == 200
    assert client.get(f"/t/acme/work-orders/{work_order.pk}/files/{notes.pk}/").content == b"words"
