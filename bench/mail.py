"""How fast mail becomes tickets: raw messages of every usual shape through the real command."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from email.message import EmailMessage
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from PIL import Image

from bench.__main__ import DATA
from tenants.services import create_tenant

MESSAGES = 400
LIMIT = 50


def ingest_rate() -> Iterator[dict[str, Any]]:
    """Messages a second: half first mails, a quarter follow-ups, the rest HTML, with photos, automatic."""
    create_tenant(slug="mail", name="Mail", time_zone="Asia/Tokyo")
    folder = DATA / "mail"
    _write(folder)
    out = StringIO()
    started = time.perf_counter()
    cpu = time.process_time()
    call_command("ingest_email", "--tenant", "mail", str(folder), stdout=out, stderr=StringIO())
    seconds, spent = time.perf_counter() - started, time.process_time() - cpu
    counted: dict[str, Any] = json.loads(out.getvalue().strip().splitlines()[-1])
    rate = counted["messages"] / seconds
    yield {
        "name": "e-mail ingest, messages per second",
        "rate": round(rate),
        "limit": LIMIT,
        "within": rate >= LIMIT and counted["lost"] == 0,
        "seconds": round(seconds, 2),
        "cpu_us": round(spent / MESSAGES * 1e6),
        **counted,
    }


def _write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    held = BytesIO()
    Image.radial_gradient("L").resize((1280, 960)).save(held, "JPEG")
    for number in range(MESSAGES):
        (folder / f"{number:05}.eml").write_bytes(_message(number, held.getvalue()))


def _message(number: int, photo: bytes) -> bytes:
    message = EmailMessage()
    sender = number // 2
    message["From"] = f"青木 {sender} <customer{sender}@aoki.example>"
    message["To"] = "service@mail.example"
    message["Subject"] = f"複合機 {number} が動きません"
    message["Message-ID"] = f"<{number}@aoki.example>"
    words = f"{number} 階の複合機で紙づまりがおきます。\n" * 12
    if number % 4 == 1:
        message["In-Reply-To"] = f"<{number - 1}@aoki.example>"
        words += f"\n2024年5月1日(水) 10:00 サービス <service@mail.example>:\n> {words}"
    message.set_content(words)
    if number % 4 == 2:
        message.add_alternative(f"<p>{words}</p><img src='https://t.example/{number}.png'>", subtype="html")
    if number % 20 == 3:
        message.add_attachment(photo, maintype="image", subtype="jpeg", filename=f"写真{number}.jpg")
    if number % 20 == 7:
        message["Auto-Submitted"] = "auto-replied"
    return message.as_bytes()
