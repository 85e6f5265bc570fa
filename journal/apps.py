from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JournalConfig(AppConfig):
    name = "journal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from journal.registry import check_every_fact_is_heard  # noqa: PLC0415  models must be loaded first

        autodiscover_modules("events")
        autodiscover_modules("handlers")
        check_every_fact_is_heard()
