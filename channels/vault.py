"""Secrets of channel accounts at rest: encrypted with a key derived from SECRET_KEY.

After SECRET_KEY changed, what older keys of SECRET_KEY_FALLBACKS wrote can still be read; it is written with
the new key when it is next saved.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Locked(Exception):
    """No key that we have opens this."""


def seal(secrets: Mapping[str, str]) -> str:
    """Secrets as text that only this installation can open; "" for none."""
    return _box().encrypt(json.dumps(dict(secrets)).encode()).decode() if secrets else ""


def unseal(text: str) -> dict[str, str]:
    """The secrets again. Raises `Locked`."""
    if not text:
        return {}
    try:
        found: dict[str, str] = json.loads(_box().decrypt(text.encode()))
    except (InvalidToken, ValueError) as problem:
        raise Locked from problem
    return found


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(text)) for text in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(text: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"fieldservice channels secrets")
    return base64.urlsafe_b64encode(derived.derive(text.encode()))
