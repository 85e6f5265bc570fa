"""Django looks for the engine's classes here."""

from __future__ import annotations

from django.db.backends.postgresql import base

from tenants.postgres.schema import TenantSchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper with our schema editor."""

    SchemaEditorClass = TenantSchemaEditor
