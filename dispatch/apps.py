import os

from django.apps import AppConfig
from django.conf import settings


class DispatchConfig(AppConfig):
    name = "dispatch"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say where the compiled optimiser may be kept when the source cannot be written to."""
        os.environ.setdefault("FIELDSERVICE_COMPILED", str(settings.DATA_DIR / "compiled"))
