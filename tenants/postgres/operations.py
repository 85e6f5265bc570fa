"""Migration operations for what the database itself guards: definer functions and append-only tables."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.migrations import RunSQL


def definer_function(
    *,
    name: str,
    arguments: str,
    returns: str,
    body: str,
    needs: Sequence[str],
    volatility: str = "VOLATILE",
    language: str = "sql",
) -> RunSQL:
    """A function that may look across tenants and returns ids only, owned by `fsm_worker`.

    `arguments` is the SQL argument list ("lim int, lease interval"), `needs` the grants its body uses
    ("SELECT, UPDATE ON journal_outboxevent"). Every such function stands on the catalog gate's reviewed list.
    """
    grants = "".join(f"GRANT {grant} TO fsm_worker;\n" for grant in needs)
    types = ", ".join(part.strip().split(" ", 1)[1] for part in arguments.split(",")) if arguments else ""
    return RunSQL(
        sql=f"""
        CREATE OR REPLACE FUNCTION {name}({arguments}) RETURNS {returns}
        LANGUAGE {language} {volatility} SECURITY DEFINER SET search_path = pg_catalog, public
        AS $body$ {body} $body$;
        {grants}
        GRANT USAGE, CREATE ON SCHEMA public TO fsm_worker;
        ALTER FUNCTION {name}({types}) OWNER TO fsm_worker;
        REVOKE CREATE ON SCHEMA public FROM fsm_worker;
        REVOKE ALL ON FUNCTION {name}({types}) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION {name}({types}) TO fsm_app;
        """,
        reverse_sql=f"DROP FUNCTION {name}({types})",
    )


def append_only(table: str) -> RunSQL:
    """Refuse UPDATE and DELETE on a ledger: a mistake is reversed by a new row, never edited."""
    return RunSQL(
        sql=f"""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
        """,
        reverse_sql=f"DROP TRIGGER append_only ON {table}",
    )
