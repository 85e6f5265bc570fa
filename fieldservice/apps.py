from django.apps import AppConfig


class FieldserviceConfig(AppConfig):
    name = "fieldservice"

    def ready(self) -> None:
        from fieldservice.celery import app  # noqa: PLC0415  settings must be loaded first
        from fieldservice.things import THINGS  # noqa: PLC0415
        from journal.registry import name_things  # noqa: PLC0415

        app.set_default()
        name_things(THINGS)
