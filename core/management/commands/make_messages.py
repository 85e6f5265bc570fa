"""`manage.py make_messages [--check]`"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import catalogues


class Command(BaseCommand):
    help = "Collect the product's texts into locale/*/LC_MESSAGES/django.po; translations are kept."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail when a catalogue is not complete"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        texts = catalogues.collect(settings.BASE_DIR)
        if check:
            faults = [fault for locale in catalogues.LOCALES for fault in catalogues.faults(locale, texts)]
            if faults:
                ways = "Run `make messages` and translate."
                raise CommandError("\n".join([*faults, f"{len(faults)} texts are not ready. {ways}"]))
            return
        for locale in catalogues.LOCALES:
            catalogues.refresh(locale, texts)
            missing = len(list(catalogues.faults(locale, texts)))
            self.stdout.write(f"{catalogues.po_path(locale)}: {len(texts)} texts, {missing} to translate")
