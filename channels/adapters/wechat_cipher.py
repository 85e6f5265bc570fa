"""WeChat's encrypted mode: AES-256-CBC around 16 random bytes, a length, the XML and the AppID."""

from __future__ import annotations

import base64
import binascii
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from channels.adapters.base import Unreadable

_BLOCK = 32


def decrypt(aes_key: str, sealed: str, app_id: str) -> bytes:
    """The XML inside. Raises `Unreadable`, also when it was sealed for another account."""
    try:
        key = base64.b64decode(aes_key + "=")
        opener = Cipher(AES(key), CBC(key[:16])).decryptor()
        padded = opener.update(base64.b64decode(sealed, validate=True)) + opener.finalize()
    except (ValueError, binascii.Error) as problem:
        raise Unreadable(f"cannot be decrypted: {problem}") from problem
    plain = padded[: -padded[-1]] if padded and 1 <= padded[-1] <= _BLOCK else b""
    if len(plain) < 20:
        raise Unreadable("cannot be decrypted: wrong EncodingAESKey?")
    (length,) = struct.unpack(">I", plain[16:20])
    if plain[20 + length :] != app_id.encode():
        raise Unreadable("it was encrypted for another AppID")
    return plain[20 : 20 + length]


def encrypt(aes_key: str, plain: bytes, app_id: str) -> str:
    """What `decrypt` opens: the other side of the protocol."""
    key = base64.b64decode(aes_key + "=")
    whole = secrets.token_bytes(16) + struct.pack(">I", len(plain)) + plain + app_id.encode()
    pad = _BLOCK - len(whole) % _BLOCK
    closer = Cipher(AES(key), CBC(key[:16])).encryptor()
    return base64.b64encode(closer.update(whole + bytes([pad]) * pad) + closer.finalize()).decode()
