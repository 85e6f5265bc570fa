"""Telling new words from repeated ones, in many languages: pure, and no word is ever lost.

The library knows how mail programs announce a quotation in thirteen languages. Its patterns are tried only
on lines that could be such an announcement, each cut short, so that a hostile text costs little. What it does
not know of Japanese and Chinese programs stands here, and one pattern for all the others: a date and an
address before a colon.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from mailparser_reply.constants import MAIL_LANGUAGES
from mailparser_reply.parser import EmailMessage

LONGEST_LINE = 160
MOST_CANDIDATES = 120
LONGEST_SIGNATURE = 15

_QUOTE = re.compile(r"^\s{0,3}[>＞]")
_LABEL = re.compile(
    r"^[*\s>]{0,6}(?:from|sent|to|cc|date|subject|reply-to|von|gesendet|an|betreff|datum|de|envoyé|à|objet|date"
    r"|para|asunto|enviado|fecha|da|inviato|oggetto|data|van|verzonden|aan|onderwerp|från|skickat|till|ämne"
    r"|fra|til|emne|sendt|от|кому|дата|тема|отправлено"
    r"|差出人|送信者|送信日時|送信日|日時|日付|宛先|件名|发件人|發件人|寄件者|发送时间|发送日期|日期|收件人|主题|主旨|抄送)"
    r"\s*\*?\s*[:：]",
    re.IGNORECASE,
)
_SENDER_LABEL = re.compile(
    r"^[*\s>]{0,6}(?:from|von|de|da|van|från|fra|od|от|差出人|送信者|发件人|發件人|寄件者)\s*\*?\s*[:：]",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"^\s*[-_=]{2,}\s*(?:original (?:message|appointment|-?nachricht)|ursprüngliche nachricht"
    r"|message d'origine|mensaje original|messaggio originale|oorspronkelijk bericht|ursprungligt meddelande"
    r"|oprindelig meddelelse|元のメッセージ|元のメール|原始邮件|原始郵件|邮件原件|原邮件"
    r"|reply message|回复的原邮件)\s*[-_=]{2,}\s*$",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"^\s*(?:[-_=]{2,}\s*)?(?:forwarded (?:message|by)|begin forwarded message|weitergeleitete nachricht"
    r"|anfang der weitergeleiteten|message transféré|début du message réexpédié|mensaje reenviado"
    r"|inicio del mensaje reenviado|messaggio inoltrato|doorgestuurd bericht|begin doorgestuurd bericht"
    r"|vidarebefordrat meddelande|videresendt meddelelse|пересылаемое сообщение"
    r"|転送されたメッセージ|転送メッセージ|转发的?邮件|轉寄郵件)\b.{0,60}$",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(
    r"^(?=.{0,200}\d)(?=.{0,400}[<(\[][^<>()\[\]\s]{1,200}@[^<>()\[\]\s]{1,200}[>)\]]).{8,400}[:：]$"
)
_EAST_ASIAN = re.compile(
    r"^.{0,120}\d{4}[年/.-]\s?\d{1,2}[月/.-]\s?\d{1,2}.{0,160}(?:写道|寫道|のメール|書きました|が書いた|より)\s*[:：]$"
    r"|^.{0,80}(?:在|于).{0,100}(?:写道|寫道)\s*[:：]$"
)
_RULE = re.compile(r"^\s*(?:[-_=*+~─━―ー＝＊※★☆◇◆■□・～]\s?){5,}\s*$")
_DELIMITER = re.compile(r"^(?:--|—|__)\s*$")


@dataclass(frozen=True, slots=True)
class Split:
    """A text's new words, and the rest: quotations and the signature, in their order."""

    new: str
    rest: str = ""


def split_reply(text: str) -> Split:
    """Part a plain text into new words and the rest. Nothing new means that all of it is kept as new.

    A forwarded message is new to us: it stays. Answers below or between quoted lines are new words; between
    them the quoted lines stay too, since nobody would understand the answers alone.
    """
    lines = text.split("\n")
    start = _announcement(lines)
    if start is not None and _FORWARD.match(lines[start]):
        return Split(text)
    first_quote = next((n for n, line in enumerate(lines) if _QUOTE.match(line)), None)
    cut = min((n for n in (start, first_quote) if n is not None), default=len(lines))
    head, tail = lines[:cut], lines[cut:]
    if first_quote is not None:
        head, tail = _with_answers_below(head, tail, first_quote - cut)
    elif start is None:
        head, tail = lines, []
    head, rule = _without_rule(head)
    head, signature = _without_signature(head)
    new, rest = "\n".join(head).strip(), "\n".join([*signature, *rule, *tail]).strip("\n")
    return Split(new, rest) if new else Split(text)


def _without_rule(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines before the rule that a mail program draws above what it quotes, and that rule."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    cut = end - 1 if end > 1 and _RULE.match(lines[end - 1]) else len(lines)
    return lines[:cut], lines[cut:]


def _with_answers_below(head: list[str], tail: list[str], quote: int) -> tuple[list[str], list[str]]:
    """Move answers that stand below or between quoted lines to the new words."""
    signed = len(_without_signature(tail)[0])
    again = next((n for n in range(quote, signed) if _is_block_start(tail, n)), signed)
    answers = [n for n in range(quote, again) if tail[n].strip() and not _QUOTE.match(tail[n])]
    if not answers:
        return head, tail
    blocks = sum(1 for n in answers if not any(tail[m].strip() and m in answers for m in _above(tail, n)))
    is_alone = not any(line.strip() for line in head)
    if is_alone and blocks == 1:
        first, last = answers[0], answers[-1]
        return tail[first : last + 1], [*tail[:first], *tail[last + 1 :]]
    last = answers[-1] + 1
    return [*head, *tail[:last]], tail[last:]


def _above(lines: list[str], n: int) -> list[int]:
    """The nearest line above that says something, if any."""
    for above in range(n - 1, -1, -1):
        if lines[above].strip():
            return [above]
    return []


def _announcement(lines: list[str]) -> int | None:
    """The line at which a quotation is announced, or None."""
    tried = 0
    for number, line in enumerate(lines):
        if not _may_announce(line):
            continue
        tried += 1
        if tried > MOST_CANDIDATES:
            return None
        if _MARKER.match(line) or _FORWARD.match(line) or _is_block_start(lines, number):
            return number
        for first in (number, number - 1, number - 2):
            if first >= 0 and (first == number or lines[first].strip()) and _announces(lines, first, number):
                return first
    return None


def _may_announce(line: str) -> bool:
    text = line.rstrip()
    return (
        bool(text)
        and len(text) <= 400
        and (
            text[-1] in ":："
            or text.lstrip()[:1] in "-_="
            or _FORWARD.match(text) is not None
            or _LABEL.match(text) is not None
        )
    )


def _announces(lines: list[str], first: int, last: int) -> bool:
    text = " ".join(line.strip()[:LONGEST_LINE] for line in lines[first : last + 1]).lstrip("> ")
    if _ATTRIBUTION.match(text) or _EAST_ASIAN.match(text):
        return True
    cut = "\n".join(line.strip()[:LONGEST_LINE] for line in lines[first : last + 1])
    found = _header_pattern().match(cut)
    return found is not None and found.end() == len(cut) and cut.rstrip().endswith((":", "："))


def _is_block_start(lines: list[str], number: int) -> bool:
    """Whether the headers of a quoted message begin here: its sender's, and another within three lines."""
    if not _SENDER_LABEL.match(lines[number][:LONGEST_LINE]):
        return False
    following = [line for line in lines[number + 1 : number + 6] if line.strip()][:3]
    labels = sum(1 for line in following if _LABEL.match(line[:LONGEST_LINE]))
    return labels >= 2 or (labels == 1 and number + 2 >= len(lines))


def _without_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """The words before a signature at the end, and the signature with what follows it."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    for number in range(max(1, end - LONGEST_SIGNATURE), end):
        line = lines[number].strip()
        if (
            _DELIMITER.match(line)
            or (_RULE.match(line) and end - number > 1)
            or _is_farewell(lines, number, end)
        ):
            return lines[:number], lines[number:]
    return lines, []


def _is_farewell(lines: list[str], number: int, end: int) -> bool:
    line = lines[number].strip()
    if not line or len(line) > 60:
        return False
    if _sent_from().match(line):
        return True
    stands_apart = not lines[number - 1].strip()
    return stands_apart and end - number <= 10 and _farewell().match(line) is not None


@cache
def _header_pattern() -> re.Pattern[str]:
    """The library's pattern of announcements in all of its languages."""
    pattern: re.Pattern[str] = EmailMessage("", languages=list(MAIL_LANGUAGES)).HEADER_REGEX
    return pattern


@cache
def _farewell() -> re.Pattern[str]:
    """The library's closing phrases, alone on their line."""
    phrases: set[str] = set()
    for words in MAIL_LANGUAGES.values():
        given: Any = words.get("signatures", [])
        phrases |= {str(phrase).rstrip(",.，") for phrase in given if "/" not in phrase}
    listed = "|".join(sorted(phrases, key=len, reverse=True))
    return re.compile(rf"^(?:{listed})[,.!，。！]{{0,2}}$", re.IGNORECASE)


@cache
def _sent_from() -> re.Pattern[str]:
    """The library's "Sent from my …" lines."""
    given = [str(words.get("sent_from", "")) for words in MAIL_LANGUAGES.values()]
    known = "|".join(pattern.removesuffix(".*") for pattern in given if pattern)
    return re.compile(rf"^(?:{known}|.{{0,20}}から送信|发自我的)[^,!?]{{0,60}}$", re.IGNORECASE)
