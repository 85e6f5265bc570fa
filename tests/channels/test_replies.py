"""New words apart from repeated ones."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.replies import split_reply

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "data" / "emails" / "mail-parser-reply"

ANNOUNCED = {
    "english": "On Tue, Apr 29, 2014 at 4:22 PM, Example Dev <sugar@example.com> wrote:",
    "wrapped": "On Tue, Sep 25, 2012 at 8:59 AM, Chris Wanstrath\n<notifications@example.com> wrote:",
    "german": "Am So., 1. Jan. 2023 um 17:22 Uhr schrieb John Doe <john@example.com>:",
    "french": "Le 3 mars 2024 à 10:00, Anne <anne@example.com> a écrit :",
    "polish": "Dnia 28 lutego 2023 14:00 Anna Nowak <anna@example.com> napisał(a):",
    "russian": "3 марта 2024 г., 10:00, Иван <ivan@example.com> написал:",
    "korean": "2024년 3월 3일 오전 10:00, 김 <kim@example.com>님이 작성:",
    "japanese gmail": "2024年5月1日(水) 10:00 山田太郎 <yamada@example.jp>:",
    "japanese apple": "2024/05/01 10:00、山田太郎 <yamada@example.jp>のメール:",
    "chinese gmail": "张三 <zhang@example.cn> 于2024年5月1日周三 10:00写道：",
    "chinese 163": "在 2024-05-01 10:00:00，“张三” <zhang@example.cn> 写道：",
    "chinese qq": "------------------ 原始邮件 ------------------\n发件人: 张三\n发送时间: 2024年5月1日",
    "japanese outlook": "差出人: 山田太郎\n送信日時: 2024年5月1日 10:00\n宛先: 受付\n件名: 複合機",
    "chinese outlook": "发件人：张三\n发送时间：2024年5月1日\n收件人：服务台\n主题：打印机",
    "outlook": "From: Mari\nSent: Monday, November 26, 2012 10:48 AM\nTo: Service\nSubject: Re: Copier",
    "original": "-----Original Message-----\nFrom: Mari\nSent: Monday",
}


@pytest.mark.parametrize("name", ANNOUNCED)
def test_what_follows_an_announcement_is_quoted(name: str) -> None:
    split = split_reply(f"新しい言葉 new words\n\n{ANNOUNCED[name]}\n\nold words")
    assert split.new == "新しい言葉 new words"
    assert split.rest.startswith(ANNOUNCED[name].split("\n")[0])
    assert split.rest.endswith("old words")


def test_an_answer_below_the_quotation_is_new() -> None:
    split = split_reply(
        "On 3 May 2024 at 10:00, Mari <mari@aoki.example> wrote:\n> When?\n\nTomorrow at ten."
    )
    assert split.new == "Tomorrow at ten."
    assert "> When?" in split.rest


def test_answers_between_quoted_lines_keep_the_questions() -> None:
    text = "Hello,\n\n> When?\nTomorrow.\n\n> Where?\nAt the back door.\n\n> Regards"
    split = split_reply(text)
    assert split.new == "Hello,\n\n> When?\nTomorrow.\n\n> Where?\nAt the back door."
    assert split.rest == "> Regards"


@pytest.mark.parametrize(
    "end",
    [
        "-- \nMari Aoki\n+81 3 0000",
        "Best regards,\nMari",
        "Mit freundlichen Grüßen\nMax",
        "Sent from my iPhone",
    ],
)
def test_a_signature_goes_with_the_rest(end: str) -> None:
    assert split_reply(f"The copier jams.\n\n{end}").new == "The copier jams."


def test_a_japanese_signature_between_rules_goes_with_the_rest() -> None:
    split = split_reply("複合機が動きません。\n\n━━━━━━━━━━━━\n青木商事\n03-0000-0000\n━━━━━━━━━━━━")
    assert (split.new, "青木商事" in split.rest) == ("複合機が動きません。", True)


@pytest.mark.parametrize(
    "text",
    [
        "Do: press the button\nData: 17",
        "Take care, it leaks.",
        "- one\n- two",
        "Note: it smells.",
        "> only quoted",
        "Fra: Peter",
    ],
)
def test_words_that_only_look_so_are_all_new(text: str) -> None:
    assert split_reply(text).new == text


def test_a_forwarded_message_is_new() -> None:
    text = (
        "See below.\n\n---------- Forwarded message ---------\nFrom: Mari <m@a.example>\nDate: x\n\nIt jams."
    )
    assert split_reply(text).new == text


def test_hostile_text_takes_no_time() -> None:
    started = time.perf_counter()
    for line in (
        "On " + "x y" * 60,
        "To:" + " " * 300,
        "> " * 200,
        "2024年1月1日(月) 10:00 " + "x <" * 60,
        "From: a",
    ):
        split_reply("\n".join([f"{line}:"] * 3_000))
    assert time.perf_counter() - started < 10


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["words", "> old", "", "-- ", "On 1 May 2024 10:00 a <a@b> wrote:", "From: x", "To: y"]
        )
    )
)
def test_no_line_is_ever_lost(lines: list[str]) -> None:
    split = split_reply("\n".join(lines))
    kept = f"{split.new}\n{split.rest}".split("\n")
    assert sorted(filter(None, map(str.strip, kept))) == sorted(filter(None, map(str.strip, lines)))


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/data/emails is not here: nothing to read")
def test_the_samples_of_the_library_are_parted() -> None:
    texts = {path.stem.removeprefix("test__emails__"): path.read_text() for path in SAMPLES.iterdir()}
    assert split_reply(texts["email_ja_1_2"]).rest.startswith("2022年1月1日")
    assert split_reply(texts["email_sv_anon_1"]).new.endswith("kl 15 idag.")
    assert split_reply(texts["email_2_2"]).new == "Outlook with a reply directly above line"
    assert split_reply(texts["pathological"]).rest.startswith("On Dec 8, 2013")
    for text in texts.values():
        assert split_reply(text).new.strip()
