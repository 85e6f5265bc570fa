"""Reading raw e-mail."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email import LONGEST_BODY, find_message_id, read_email, text_of_html
from tests.factories.channels import make_email

HEAD = b"From: Mari <mari@aoki.example>\nSubject: s\n"


def body_in(charset: str, text: str, encoding: str | None = None) -> bytes:
    head = HEAD + f"Content-Type: text/plain; charset={charset}\n\n".encode()
    return head + text.encode(encoding or charset)


@pytest.mark.parametrize("charset", ["iso-2022-jp", "shift_jis", "euc-jp", "utf-8"])
def test_japanese_in_every_encoding(charset: str) -> None:
    assert read_email(body_in(charset, "複合機が動きません")).body == "複合機が動きません"


def test_chinese_and_the_wider_sisters_of_encodings() -> None:
    assert read_email(body_in("gb2312", "复印机坏了，镕先生", "gb18030")).body == "复印机坏了，镕先生"
    assert read_email(body_in("shift_jis", "①号機 髙橋", "cp932")).body == "①号機 髙橋"


def test_a_lying_or_unknown_encoding_is_read_and_noted() -> None:
    mail = read_email(body_in("utf-8", "複合機が動きません。よろしくお願いします。" * 5, "shift_jis"))
    assert "複合機" in mail.body
    assert mail.notes
    assert "hello" in read_email(body_in("x-nonsense", "hello", "ascii")).body


def test_raw_bytes_in_headers_are_recognised() -> None:
    raw = "From: 青木 <mari@aoki.example>\nSubject: 紙づまり\n\nx".encode()
    mail = read_email(raw)
    assert (mail.sender_name, mail.subject) == ("青木", "紙づまり")


def test_html_becomes_lines_without_scripts() -> None:
    text = text_of_html(
        "<style>p{}</style><p>One &amp; two</p><script>alert(1)</script><div>Three<br>Four</div>"
    )
    assert [line for line in text.split("\n") if line.strip()] == ["One & two", "Three", "Four"]


def test_plain_text_is_preferred_to_html() -> None:
    raw = HEAD + (
        b'Content-Type: multipart/alternative; boundary="b"\n\n'
        b"--b\nContent-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<b>rich</b>\n--b--\n"
    )
    assert read_email(raw).body == "plain"


def test_attachments_are_counted_and_a_mail_without_text_is_read() -> None:
    raw = HEAD + b"Content-Type: image/png\nContent-Disposition: attachment; filename=x.png\n\nabc"
    mail = read_email(raw)
    assert (mail.attachments, mail.body, mail.problem) == (1, "", "")


@pytest.mark.parametrize(
    ("header", "value", "kind"),
    [
        ("auto_submitted", "auto-replied", "automatic"),
        ("auto_submitted", "no", "message"),
        ("x_autoreply", "yes", "automatic"),
        ("precedence", "auto_reply", "automatic"),
        ("precedence", "list", "message"),
        ("x_failed_recipients", "a@b", "bounce"),
    ],
)
def test_machines_are_told_from_people_by_headers(header: str, value: str, kind: str) -> None:
    assert read_email(make_email(**{header: value})).kind == kind


def test_words_in_the_subject_prove_nothing() -> None:
    assert read_email(make_email(subject="Automatic reply: out of office")).kind == "message"


def test_the_nearest_reference_comes_first() -> None:
    mail = read_email(make_email(in_reply_to="<c@x>", references="<a@x> <b@x> <c@x>"))
    assert mail.references == ("<c@x>", "<b@x>", "<a@x>")


def test_the_message_id_is_found_only_in_the_headers() -> None:
    assert find_message_id(b"From: a\r\nMessage-ID:\r\n <folded@x>\r\n\r\nbody") == "<folded@x>"
    assert find_message_id(b"From: a\n\nMessage-ID: <body@x>") == ""


def test_a_long_text_is_cut_and_says_so() -> None:
    mail = read_email(make_email(body="word " * 40_000))
    assert len(mail.body) <= LONGEST_BODY
    assert "cut" in mail.notes[0]


def test_ten_thousand_parts_end_quickly() -> None:
    parts = b"".join(b"--b\nContent-Type: text/plain\n\nx\n" for _ in range(10_000))
    mail = read_email(HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n' + parts + b"--b--\n")
    assert any("parts" in note for note in mail.notes)


def test_parts_nested_without_end_are_set_aside_not_fatal() -> None:
    raw = HEAD
    for depth in range(3_000):
        raw += f'Content-Type: multipart/mixed; boundary="b{depth}"\n\n--b{depth}\n'.encode()
    mail = read_email(raw + b"Content-Type: text/plain\n\nx")
    assert mail.problem in ("", "unreadable", "nothing")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600), st.booleans())
def test_nothing_breaks_the_reader(noise: bytes, has_headers: bool) -> None:
    mail = read_email((HEAD if has_headers else b"") + noise)
    mail.body.encode()
    assert "\x00" not in mail.body + mail.subject + mail.sender_name
