"""Write the pages under `docs/reference/` that are made from the code."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from fieldservice import reference


class Command(BaseCommand):
    """`manage.py docs` writes them, `manage.py docs --check` fails when they are out of date."""

    help = "Write docs/reference/ from the code: states, facts, permissions, commands, routes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail when a page is out of date"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        folder = settings.BASE_DIR / "docs" / "reference"
        with translation.override("en"):
            pages = {folder / f"{name}.md": text for name, text in reference.pages().items()}
        old = [path for path, text in pages.items() if not path.exists() or path.read_text("utf-8") != text]
        if check and old:
            names = ", ".join(str(path.relative_to(settings.BASE_DIR)) for path in old)
            raise CommandError(f"Out of date: {names}. Run `.venv/bin/python manage.py docs` and commit.")
        folder.mkdir(parents=True, exist_ok=True)
        for path in old:
            path.write_text(pages[path], "utf-8")
            self.stdout.write(f"written: {path.relative_to(settings.BASE_DIR)}")
