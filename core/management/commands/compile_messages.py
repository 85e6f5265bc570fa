"""`manage.py compile_messages`"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core import catalogues


class Command(BaseCommand):
    help = "Compile locale/*/LC_MESSAGES/django.po to .mo where the .po is newer."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for locale in catalogues.LOCALES:
            if catalogues.po_path(locale).exists() and catalogues.compile_catalogue(locale):
                self.stdout.write(f"compiled {catalogues.po_path(locale).with_suffix('.mo')}")
