"""Pure decisions about customers: what makes two phone numbers or addresses the same."""

from __future__ import annotations

import phonenumbers

from core.text import digits, fold
from customers.enums import ContactChannel

_REGIONS = {
    "Asia/Tokyo": "JP",
    "Asia/Shanghai": "CN",
    "Asia/Hong_Kong": "HK",
    "Asia/Taipei": "TW",
    "Asia/Singapore": "SG",
    "Asia/Seoul": "KR",
    "Asia/Kolkata": "IN",
    "Europe/London": "GB",
    "Europe/Berlin": "DE",
    "Europe/Paris": "FR",
    "Europe/Madrid": "ES",
    "Europe/Rome": "IT",
    "Europe/Amsterdam": "NL",
    "Australia/Sydney": "AU",
    "America/Sao_Paulo": "BR",
    "America/Mexico_City": "MX",
}


def region_of(zone_name: str) -> str | None:
    """The country whose local phone numbers are meant in this time zone (ISO 3166), or None."""
    if zone_name in _REGIONS:
        return _REGIONS[zone_name]
    return "US" if zone_name.startswith("America/") else None


def phone_key(text: str, region: str | None) -> str:
    """What makes two spellings of a number the same: the digits of E.164 when readable, else its digits.

    "03-5555-0142" in Japan and "+81 3 5555 0142" anywhere are both "81355550142".
    """
    plain = digits(text)[:20]
    if not plain:
        return ""
    try:
        number = phonenumbers.parse(fold(text), region)
    except phonenumbers.NumberParseException:
        return plain
    if not phonenumbers.is_possible_number(number):
        return plain
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).lstrip("+")[:20]


def callable_number(text: str, region: str | None) -> str:
    """The number as a gateway takes it ("+81355550142"), or "" when it cannot be read as one."""
    try:
        number = phonenumbers.parse(fold(text), region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def preferred(prefers: str, email: str, phone: str) -> str:
    """How a contact wants to be reached: by phone where they are said to prefer e-mail and only have a phone."""
    is_by_phone_only = prefers == ContactChannel.EMAIL and bool(phone) and not email
    return ContactChannel.PHONE if is_by_phone_only else prefers


def email_key(text: str) -> str:
    """What makes two spellings of an address the same."""
    return fold(text).replace(" ", "")[:254]
