"""Which words are told as the reason of a suggested topic: those that say something of it, in three languages."""

from __future__ import annotations

import pytest

from tickets.learning import Learned
from tickets.likeness import words_of


def told(names: dict[int, str], texts: dict[int, str], new: str) -> tuple[str, ...]:
    """The words told for the likeliest topic of a new text."""
    known = Learned()
    for topic_id, name in names.items():
        known.name(topic_id, words_of(name))
    for topic_id, text in texts.items():
        known.learn(topic_id, words_of(text))
    return known.guess(words_of(new))[0].words


@pytest.mark.parametrize(
    ("texts", "new", "words"),
    [
        (
            {1: "The boiler leaks since this morning, not much", 2: "Invoice is wrong"},
            "Since this night our boiler leaks, it does not stop",
            {"boiler", "leaks"},
        ),
        ({1: "因为，水管 漏水", 2: "发票错误"}, "水管，因为 漏水", {"水管", "漏水"}),
        ({1: "特に、給湯 故障", 2: "請求書の誤り"}, "給湯、特に 故障", {"給湯", "故障"}),
    ],
)
def test_words_that_say_nothing_are_not_told(texts: dict[int, str], new: str, words: set[str]) -> None:
    found = told({1: "Heating", 2: "Billing"}, texts, new)
    assert found and set(found) <= words


def test_a_topic_may_be_called_by_a_word_that_says_little_elsewhere() -> None:
    assert "bill" in told({1: "Bill", 2: "Fire"}, {1: "A bill came twice"}, "my bill is wrong")


def test_without_a_telling_word_nothing_is_suggested() -> None:
    known = Learned()
    known.learn(1, words_of("since this was not"))
    assert known.guess(words_of("since this is not")) == []
