"""Text as people write it."""

from __future__ import annotations

import pytest

from core.text import harmless, is_address


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_what_a_spreadsheet_would_run_is_made_text(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("Sumida") == "Sumida"


@pytest.mark.parametrize(
    "text", ["a@b.c", "root@intranet", "a..b.@docomo.ne.jp", "用户@例子.公司", "x'y+z@a.example"]
)
def test_addresses_that_mail_reaches(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "@b", "a@", "a b@c.d", "a@b@c", "a@b, c@d", "<a@b.c>", "a@b.c\nBcc: x@y.z", "a" * 253 + "@b"],
)
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)
