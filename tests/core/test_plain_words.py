"""What is wrong in a form names its field and the way out, in three languages and in one place."""

from __future__ import annotations

import pytest
from django import forms
from django.test import Client
from django.utils.translation import override

from core.errors import BadInput
from core.forms import PlainForm
from core.templatetags.look import error_summary
from core.validation import check_fields
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.workforce import make_engineer
from workforce.models import Provider


class Sample(PlainForm):
    minutes = forms.IntegerField(label="Overtime of 100%", min_value=0, max_value=90)
    who = forms.ChoiceField(label="Engineer", choices=[("a", "A")])
    name = forms.CharField(label="Name", max_length=3)
    own = forms.CharField(label="Own", error_messages={"required": "Say why."})
    start = forms.DateTimeField(label="Start")


GIVEN = {"minutes": "10", "who": "a", "name": "Bo", "own": "x", "start": "2026-11-23 14:30"}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("minutes", "-5", "“Overtime of 100%” is -5. It must be at least 0."),
        ("minutes", "91", "“Overtime of 100%” is 91. It must be at most 90."),
        ("minutes", "ten", "“Overtime of 100%” is not a whole number. Write it such as 30."),
        ("minutes", "", "“Overtime of 100%” is empty. Please fill it in."),
        ("who", "", "Nothing is chosen for “Engineer”. Please choose."),
        ("who", "b", "What was chosen for “Engineer” is not in the list any more. Please choose again."),
        ("name", "Boris", "“Name” has 5 characters. Please shorten it to 3."),
        ("own", "", "Say why."),
        ("start", "soon", "“Start” is not a day with a time. Write it such as 2026-11-23 14:30."),
    ],
)
def test_each_fault_names_its_field_and_the_way_out(name: str, value: str, text: str) -> None:
    assert Sample(GIVEN).is_valid()
    form = Sample({**GIVEN, name: value})
    assert form.errors == {name: [text]}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "「Overtime of 100%」が-5になっています。0以上にしてください。"),
        ("zh-hans", "“Overtime of 100%”为 -5，不得小于 0。"),
    ],
)
def test_in_the_readers_language(language: str, text: str) -> None:
    with override(language):
        assert Sample({**GIVEN, "minutes": "-5"}).errors == {"minutes": [text]}


def test_the_box_on_top_does_not_name_the_field_twice() -> None:
    found = error_summary(Sample({**GIVEN, "minutes": "-5", "own": ""}))
    assert [line["label"] for line in found["lines"]] == ["", "Own"]  # type: ignore[attr-defined]


def test_an_engineers_weekly_overtime_below_nothing(acme: Company, client: Client) -> None:
    with tenant_active(acme.tenant.pk):
        engineer = make_engineer()
    client.force_login(acme.ada.user)
    url = f"/t/acme/engineers/{engineer.pk}/costs/"
    page = client.post(url, {"overtime_week_minutes": "-5"}).content.decode()
    assert "“Overtime a week at most, in minutes” is -5. It must be at least 0." in page
    assert "This field is required" not in page and "Ensure" not in page


class Numbers(PlainForm):
    bounds = {"minutes": (1, 1440)}
    minutes = forms.IntegerField(label="Duration in minutes")
    quantity = forms.DecimalField(label="Quantity", max_digits=9, decimal_places=3)
    yen = forms.DecimalField(label="Price in JPY", max_digits=7, decimal_places=0)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("minutes", "99999999999", "“Duration in minutes” is 99999999999. It must be at most 1440."),
        ("minutes", "0", "“Duration in minutes” is 0. It must be at least 1."),
        (
            "quantity",
            "1234567",
            "“Quantity” is 1234567. Give at most 999,999, with 3 digits after the point.",
        ),
        ("quantity", "1.2345", "“Quantity” is 1.2345. Give at most 999,999, with 3 digits after the point."),
        ("yen", "12345678", "“Price in JPY” is 12345678. Give a whole number, at most 9,999,999."),
    ],
)
def test_a_number_beyond_its_limit_tells_the_limit(name: str, value: str, text: str) -> None:
    given = {"minutes": "60", "quantity": "1.5", "yen": "100"}
    assert Numbers(given).is_valid()
    assert Numbers({**given, name: value}).errors == {name: [text]}


def test_a_limit_is_known_to_the_browser() -> None:
    assert 'min="1"' in str(Numbers()["minutes"]) and 'max="1440"' in str(Numbers()["minutes"])


def test_what_a_program_sends_beyond_the_column_names_the_thing(in_acme: Company) -> None:
    with pytest.raises(BadInput) as refused:
        check_fields(Provider(code="p", name="", accept_minutes=40_000))
    assert refused.value.errors == {
        "name": ["“Name” is empty. Please fill it in."],
        "accept_minutes": ["“Minutes to accept an offer” is 40000. It must be at most 32767."],
    }


@pytest.mark.parametrize(
    ("path", "facts", "told"),
    [
        ("settings/work-types/new/", {"duration_minutes": "3000000000"}, "It must be at most 28800."),
        ("settings/work-types/new/", {"crew_size": "40000"}, "It must be at most 8."),
        ("providers/new/", {"accept_minutes": "70000"}, "It must be at most 10080."),
    ],
)
def test_no_page_speaks_of_columns(
    acme: Company, client: Client, path: str, facts: dict[str, str], told: str
) -> None:
    client.force_login(acme.ada.user)
    page = client.post(f"/t/acme/{path}", facts).content.decode()
    assert told in page
    assert "2147483647" not in page and "32767" not in page and "This field" not in page
