"""Bytes as words: broken ones, and those that say nothing or the wrong thing of their encoding."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.charsets import decoded
from channels.mime import tidy_header

CHINESE = "您好，我们公司三楼会议室的空调坏了，一直漏水，声音也很大，请尽快派人来修理。联系人张先生，谢谢。"
JAPANESE = "お世話になっております。三階の複合機が紙詰まりで動きません。修理をお願いいたします。型番は別紙の通りです。"
KOREAN = (
    "안녕하세요. 삼층 회의실 에어컨이 고장났습니다. 물이 새고 소리도 큽니다. 빨리 수리해 주세요. 감사합니다."
)
TRADITIONAL = "您好，我們公司三樓會議室的空調壞了，一直漏水，聲音也很大，請盡快派人來修理。謝謝。"
WRITTEN = [
    ("gb2312", "gb18030", CHINESE),
    ("gb18030", "gb18030", CHINESE),
    ("shift_jis", "cp932", JAPANESE),
    ("euc-jp", "euc_jp", JAPANESE),
    ("iso-2022-jp", "iso2022_jp", JAPANESE),
    ("euc-kr", "cp949", KOREAN),
    ("big5", "big5hkscs", TRADITIONAL),
    ("utf-8", "utf-8", JAPANESE),
]


def kept(text: str, wanted: str) -> int:
    """How many characters of the text are those wanted, from the beginning and from the end."""
    start = next((n for n, (a, b) in enumerate(zip(text, wanted, strict=False)) if a != b), len(wanted))
    end = next((n for n, (a, b) in enumerate(zip(text[::-1], wanted[::-1], strict=False)) if a != b), 0)
    return start + end


@pytest.mark.parametrize(("charset", "codec", "text"), WRITTEN)
@pytest.mark.parametrize("at", [10, 20, 21, 40, 41, 60])
def test_a_bad_byte_costs_a_character_or_two(charset: str, codec: str, text: str, at: int) -> None:
    raw = text.encode(codec)
    for broken in (raw[:at] + b"\xff" + raw[at + 1 :], raw[:at] + b"\xff" + raw[at:]):
        read, note = decoded(broken, charset)
        assert kept(read, text) >= len(text) - 4, read
        assert note or charset in {"iso-2022-jp", "shift_jis"}


@pytest.mark.parametrize(("charset", "codec", "text"), WRITTEN)
def test_a_text_cut_within_its_last_character_is_read(charset: str, codec: str, text: str) -> None:
    for words in (text, text[:2], text[:5]):
        read, _note = decoded(
            (words + "修理"[0]).encode(codec if codec != "cp949" else "utf-8")[:-1], charset
        )
        if codec != "cp949":
            assert read.startswith(words), read
        assert decoded(words.encode(codec) + b"\xb0", charset)[0].startswith(words)


def test_a_byte_of_windows_in_chinese_costs_itself() -> None:
    raw = CHINESE.encode("gb18030")
    for at in (40, 41):
        assert kept(decoded(raw[:at] + b"\x80" + raw[at:], "gb2312")[0], CHINESE) >= len(CHINESE) - 2


@pytest.mark.parametrize("declared", [None, "utf-8", "x-unknown", "us-ascii"])
@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("gbk", "空调坏了，请尽快派人来修理"),
        ("gbk", "打印机卡纸"),
        ("gbk", CHINESE),
        ("euc_jp", "暖房が故障しました"),
        ("euc_jp", JAPANESE),
        ("cp932", "複合機が動きません"),
        ("cp932", JAPANESE),
        ("big5", "空調壞了，請盡快派人來修理"),
        ("big5", TRADITIONAL),
        ("cp949", "에어컨이 고장났습니다"),
        ("cp949", KOREAN),
        ("cp1252", "Grüße aus Köln, die Heizung ist kaputt"),
        ("cp1251", "Здравствуйте, у нас на третьем этаже не работает кондиционер, приезжайте пожалуйста"),
    ],
)
def test_what_is_not_said_is_recognised(codec: str, text: str, declared: str | None) -> None:
    assert decoded(text.encode(codec), declared)[0] == text


def test_utf8_that_is_cut_or_called_otherwise_stays_utf8() -> None:
    raw = "暖房が故障しました".encode()
    assert decoded(raw[:-1], "utf-8")[0].startswith("暖房が故障しまし")
    assert decoded(raw, "gb2312")[0] == "暖房が故障しました"
    assert decoded("こん".encode()[:-1], "utf-8")[0].startswith("こ")
    assert decoded("紙づまり".encode()[:-1], None)[0].startswith("紙づま")


def test_words_of_headers_keep_what_is_good_in_them() -> None:
    assert tidy_header("=?utf-8?Q?Gr=C3=BC=DFe?=").startswith("Grü")
    assert tidy_header("=?utf-8?Q?Gr=FC=DFe?=") == "Grüße"
    assert tidy_header("=?x-unknown?Q?abc=FF?=").startswith("abc")
    cut = base64.b64encode("暖房が故障しました".encode()[:-1]).decode()
    assert tidy_header(f"=?utf-8?B?{cut}?=").startswith("暖房が故障しまし")


@settings(max_examples=200, deadline=None)
@given(
    st.text("abc XYZ=-<>09\n", max_size=20), st.binary(max_size=3), st.sampled_from(["utf-8", "x-no", None])
)
def test_a_guess_leaves_ascii_as_it_is(words: str, noise: bytes, declared: str | None) -> None:
    high = bytes(byte | 0x80 for byte in noise)
    assert decoded(words.encode() + b" " + high, declared)[0].startswith(words)
    assert decoded(words.encode() + b" " + high, "utf-8")[0].startswith(words)
