#!/usr/bin/env python
"""Django's command line. Commands that change the schema run as the database's owner, others as the app."""

from __future__ import annotations

import os
import sys

# The owner passes row-level security: only for commands that need the schema or its sequences.
OWNER_COMMANDS = frozenset({"migrate", "loaddata", "flush", "sqlflush", "squashmigrations"})


def main() -> None:
    """Run the command that `sys.argv` names."""
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in OWNER_COMMANDS:
        os.environ["FIELDSERVICE_ROLE"] = "owner"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fieldservice.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415  may be missing
    except ModuleNotFoundError as missing:
        sys.exit(f"{missing.name} is not installed here. Run `make setup`, then .venv/bin/python manage.py …")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
