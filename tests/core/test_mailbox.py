"""Which files of mail belong together."""

from __future__ import annotations

from pathlib import Path

from core.mailbox import conversations


def write(folder: Path, name: str, *headers: str) -> Path:
    path = folder / name
    path.write_bytes("\r\n".join([*headers, "", "From: nobody@in.the.body"]).encode())
    return path


def test_answers_and_messages_of_one_sender_stay_together_in_their_order(tmp_path: Path) -> None:
    first = write(tmp_path, "1", "From: A <a@a.example>", "Message-ID: <1@a>")
    other = write(tmp_path, "2", "From: b@b.example", "Message-ID: <2@b>")
    answer = write(tmp_path, "3", "From: c@c.example", "Message-ID: <3@c>", "References: <0@a>\r\n <1@A>")
    bare = write(tmp_path, "4", "Subject: nothing to go by")
    late = write(tmp_path, "5", "From: B@B.example", "In-Reply-To: <3@c>")
    gone = tmp_path / "6"
    assert conversations([first, bare, gone, answer]) == [[first, answer], [bare], [gone]]
    assert conversations([first, other, answer, bare, late]) == [[first, other, answer, late], [bare]]


def test_every_message_of_a_mailbox_counts(tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.write_bytes(
        b"From a@a Mon May  6 10:00:00 2024\nFrom: a@a.example\n\nx\n\n"
        b"From b@b Mon May  6 10:00:00 2024\nFrom: b@b.example\n\ny\n"
    )
    letter = write(tmp_path, "1", "From: b@b.example")
    assert conversations([box, letter]) == [[box, letter]]


def test_a_file_comes_after_those_it_answers(tmp_path: Path) -> None:
    head = "From: a@a.example"
    third = write(tmp_path, "1", head, "Message-ID: <3@a>", "In-Reply-To: <2@a>", "References: <1@a> <2@a>")
    plain = write(tmp_path, "2", head, "Message-ID: <0@a>")
    second = write(tmp_path, "3", head, "Message-ID: <2@a>", "In-Reply-To: <1@a>")
    first = write(tmp_path, "4", head, "Message-ID: <1@a>")
    assert conversations([third, plain, second, first]) == [[first, second, third, plain]]


def test_answers_in_a_circle_are_all_there(tmp_path: Path) -> None:
    one = write(tmp_path, "1", "From: a@a.example", "Message-ID: <1@a>", "In-Reply-To: <2@a>")
    two = write(tmp_path, "2", "From: a@a.example", "Message-ID: <2@a>", "In-Reply-To: <1@a>")
    own = write(tmp_path, "3", "From: a@a.example", "Message-ID: <3@a>", "In-Reply-To: <3@a>")
    assert [sorted(group) for group in conversations([one, two, own])] == [[one, two, own]]
