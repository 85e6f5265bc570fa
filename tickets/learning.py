"""What a text is probably about, learned from words that earlier texts of each topic used. Pure.

Naive Bayes over words, as in a spam filter: simple, quick to learn, and every answer can name the words it comes
from. A topic's own name counts like a few texts, so that a new company gets suggestions from its first day.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from stopwordsiso import stopwords

NAME_COUNTS = 3
"""How many texts a topic's name is worth."""

MOST_WORDS_OF_A_TEXT = 200
MOST_WORDS_OF_A_TOPIC = 2_000
UNSEEN = 0.5
_SAYS_SOMETHING = re.compile(r"[^\W\d_a-z\u3040-\u309f]|[a-z]{4,}")
"""No number, no short word and no particle: what may be told as a reason."""
_SAYS_NOTHING = frozenset(word for language in ("en", "ja", "zh") for word in stopwords(language))
"""Words such as “since” or “因为”, which count but are never told, unless a topic is called by one."""


@dataclass(slots=True)
class Lesson:
    """What is known of one topic: how many texts, and in how many of them each word stood."""

    texts: float = 0
    words: Counter[str] = field(default_factory=Counter)
    total: float = 0


@dataclass(frozen=True, slots=True)
class Guess:
    """A topic, how probable it is among all (0 to 1), the words that speak for it, and of how many texts."""

    topic_id: int
    share: float
    words: tuple[str, ...]
    texts: int


class Learned:
    """Words by topic. `learn` texts, `name` topics, then `guess`."""

    def __init__(self) -> None:
        self.lessons: dict[int, Lesson] = {}
        self.known: Counter[str] = Counter()
        self.names: set[str] = set()

    def name(self, topic_id: int, words: Iterable[str]) -> None:
        """Let a topic's own name speak for it."""
        words = list(words)
        self.names.update(words)
        self._add(topic_id, words, NAME_COUNTS, is_text=False)

    def learn(self, topic_id: int, words: Iterable[str]) -> None:
        """Remember what a text of this topic said. Beyond a topic's most words nothing new is kept."""
        self._add(topic_id, words, 1, is_text=True)

    def unlearn(self, topic_id: int, words: Iterable[str]) -> None:
        """Forget one text again: for measuring, with each text left out in turn."""
        self._add(topic_id, words, -1, is_text=True)

    def _add(self, topic_id: int, words: Iterable[str], times: int, *, is_text: bool) -> None:
        lesson = self.lessons.setdefault(topic_id, Lesson())
        lesson.texts += times if is_text else 0
        for word in sorted(words)[:MOST_WORDS_OF_A_TEXT]:
            if word not in lesson.words and len(lesson.words) >= MOST_WORDS_OF_A_TOPIC:
                continue
            lesson.words[word] += times
            lesson.total += times
            self.known[word] += times

    def guess(self, words: Iterable[str], *, most: int = 3) -> list[Guess]:
        """The most probable topics, best first; none when no telling word of the text was ever seen."""
        heard = [word for word in sorted(words)[:MOST_WORDS_OF_A_TEXT] if self.known[word] > 0]
        if not heard or not self.lessons:
            return []
        texts = sum(lesson.texts for lesson in self.lessons.values())
        vocabulary = len(self.known)
        logs = {
            topic_id: math.log((lesson.texts + 1) / (texts + len(self.lessons)))
            + sum(self._log(lesson, word, vocabulary) for word in heard)
            for topic_id, lesson in self.lessons.items()
        }
        top = max(logs.values())
        whole = sum(math.exp(value - top) for value in logs.values())
        best = sorted(logs, key=lambda topic_id: (-logs[topic_id], topic_id))[:most]
        return [
            Guess(
                topic_id,
                math.exp(logs[topic_id] - top) / whole,
                self._telling(topic_id, heard),
                round(self.lessons[topic_id].texts),
            )
            for topic_id in best
            if self._telling(topic_id, heard)
        ]

    def _log(self, lesson: Lesson, word: str, vocabulary: int) -> float:
        return math.log((lesson.words[word] + UNSEEN) / (lesson.total + UNSEEN * vocabulary))

    def _telling(self, topic_id: int, heard: list[str]) -> tuple[str, ...]:
        """Up to three words that this topic uses more than the others do; without one there is no guess."""
        lesson = self.lessons[topic_id]
        used = [word for word in heard if lesson.words[word] > 0 and self._may_be_told(word)]
        used.sort(key=lambda word: (-lesson.words[word] / self.known[word], -lesson.words[word], word))
        return tuple(used[:3])

    def _may_be_told(self, word: str) -> bool:
        is_silent = word in _SAYS_NOTHING and word not in self.names
        return not is_silent and _SAYS_SOMETHING.search(word) is not None
