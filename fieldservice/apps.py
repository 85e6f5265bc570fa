from django.apps import AppConfig


class FieldserviceConfig(AppConfig):
    name = "fieldservice"

    def ready(self) -> None:
        from fieldservice.celery import app  # noqa: PLC0415  settings must be loaded first

        app.set_default()
