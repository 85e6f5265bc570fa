"""The catalog gate: what PostgreSQL itself says about tenant tables. Each check returns complaints.

Checks take a cursor of any role, so that a test may break the schema in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps

from tenants.postgres.schema import tenant_key

POLICY = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::bigint)"

OPEN_TABLES = {
    "accounts_user": "a person may belong to several tenants",
    "accounts_user_groups": "Django's own; unused, made by PermissionsMixin",
    "accounts_user_user_permissions": "Django's own; unused, made by PermissionsMixin",
    "accounts_limit": "how often somebody tried something, before a tenant is known",
    "auth_group": "Django's own; unused",
    "auth_group_permissions": "Django's own; unused",
    "auth_permission": "Django's own; names of models",
    "django_content_type": "Django's own; names of models",
    "django_migrations": "Django's own",
    "django_session": "sign-ins, before a tenant is known",
    "account_emailaddress": "allauth: addresses of people, who are global",
    "account_emailconfirmation": "allauth: as their addresses",
    "mfa_authenticator": "allauth: passkeys and TOTP of people, who are global",
    "usersessions_usersession": "allauth: sign-ins of people, who are global",
    "tenants_tenant": "read to find the tenant",
}
"""Tables that belong to no tenant, and why."""

READABLE_WITHOUT_A_TENANT = {"accounts_membership": "how a person's tenants are found"}
"""Tenant tables without row-level security: only what `TenantKey(row_security=False)` says."""

DEFINER_FUNCTIONS = {
    "claim_outbox": "which facts are due, over all tenants: ids only",
    "prune_handled": "deletes the marks of facts that are gone; answers a number",
    "prune_idempotent_acts": "deletes kept answers when they are old; answers a number",
    "prune_outbox": "deletes facts that were told long ago; answers a number",
    "claim_outbound": "which messages are due to be sent, over all tenants: ids only",
    "claim_files": "which messages' files are due to be fetched, over all tenants: ids only",
    "claim_waking_tickets": "which tickets are due to wake, over all tenants: ids only",
    "claim_polls": "which mailboxes are due to be fetched, over all tenants: ids only",
    "claim_escalations": "which escalations are due, over all tenants: ids only",
    "claim_notices": "which held notices are due, over all tenants: ids only",
    "claim_plan_runs": "which planning runs wait, over all tenants: ids only",
    "tenants_asking_for_roads": "which companies ask a routing service that may be asked now: ids only",
    "claim_dispatch_timers": "what auto-dispatch is to do now, over all tenants: ids only",
    "tenants_with_due_timers": "which tenants have timers that are due: ids only",
    "prune_world_changes": "deletes what every kept world has seen, but for the newest; answers a number",
    "prune_notices": "deletes notices that were read long ago; answers a number",
    "search_tickets": "ids of the active tenant's tickets: the policy would keep the planner from the index",
    "find_api_token": "whose token this hash is: ids only",
}
"""Functions that run with another role's rights, and why they may."""

CONSTRAINTS_WITHOUT_TENANT: dict[str, str] = {}
"""Foreign keys, uniques and exclusions of tenant tables that do not begin with the tenant, and why."""


def _rows(cursor: Any, sql: str) -> list[tuple[Any, ...]]:
    cursor.execute(sql)
    return list(cursor.fetchall())


def tenant_tables() -> dict[str, bool]:
    """Every tenant model's table → whether row-level security guards it."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        key = tenant_key(model)
        if key is not None:
            found[model._meta.db_table] = key.row_security
    return found


def tables(cursor: Any) -> list[str]:
    """What the models and the database disagree about."""
    sql = """
        SELECT c.relname, EXISTS (SELECT FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull)
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    """
    in_database: dict[str, bool] = dict(_rows(cursor, sql))
    with_tenant = {name for name, has_tenant in in_database.items() if has_tenant}
    complaints = [f"{n}: has a tenant_id but is no tenant model" for n in with_tenant - set(tenant_tables())]
    complaints += [
        f"{n}: a tenant model without tenant_id NOT NULL" for n in set(tenant_tables()) - with_tenant
    ]
    without = set(in_database) - with_tenant
    complaints += [f"{n}: belongs to no tenant and is not reviewed" for n in without - set(OPEN_TABLES)]
    complaints += [f"{n}: reviewed, but not there" for n in set(OPEN_TABLES) - without]
    return complaints


def policies(cursor: Any) -> list[str]:
    """Row-level security: enabled, forced, exactly one policy, the same for reading and writing."""
    found = {
        name: (enabled, forced)
        for name, enabled, forced in _rows(
            cursor,
            """
            SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        """,
        )
    }
    rules: dict[str, list[tuple[Any, ...]]] = {}
    sql = "SELECT tablename, permissive, roles::text, cmd, qual, with_check FROM pg_policies"
    for table, *rule in _rows(cursor, sql):
        rules.setdefault(table, []).append(tuple(rule))
    complaints = []
    for table, is_guarded in tenant_tables().items():
        if not is_guarded:
            if table not in READABLE_WITHOUT_A_TENANT:
                complaints.append(f"{table}: readable without a tenant and not reviewed")
            continue
        if found.get(table) != (True, True):
            complaints.append(f"{table}: row-level security is not enabled and forced")
        if rules.get(table) != [("PERMISSIVE", "{public}", "ALL", POLICY, POLICY)]:
            complaints.append(f"{table}: its policies are {rules.get(table)}")
    return complaints


def constraints(cursor: Any) -> list[str]:
    """Every key between tenant tables, unique and exclusion begins with the tenant."""
    complaints, seen, guarded = [], set(), set()
    for table, name, kind, columns, target in _rows(
        cursor,
        """
        SELECT c.conrelid::regclass::text, c.conname, c.contype::text,
            ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k (n, place)
                JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY place),
            CASE WHEN c.contype = 'f' THEN c.confrelid::regclass::text END
        FROM pg_constraint c WHERE c.contype IN ('f', 'u', 'x') AND c.connamespace = 'public'::regnamespace
    """,
    ):
        if table not in tenant_tables():
            continue
        if kind == "u" and columns == ["tenant_id", "id"]:
            guarded.add(table)
        points_outside = kind == "f" and target not in tenant_tables()
        if columns[0] != "tenant_id" and not points_outside:
            seen.add(name)
            if name not in CONSTRAINTS_WITHOUT_TENANT:
                complaints.append(f"{table}.{name} ({', '.join(columns)}) does not begin with the tenant")
    complaints += [f"{table}: no UNIQUE (tenant_id, id)" for table in set(tenant_tables()) - guarded]
    complaints += [f"{name}: reviewed, but not there" for name in set(CONSTRAINTS_WITHOUT_TENANT) - seen]
    return complaints


def unique_indexes(cursor: Any) -> list[str]:
    """Uniques with a condition are indexes, not constraints: they too begin with the tenant."""
    return [
        f"{table}.{name} does not begin with the tenant"
        for table, name, first in _rows(
            cursor,
            """
            SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text,
                (SELECT a.attname::text FROM pg_attribute a
                    WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[0])
            FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
            WHERE i.indisunique AND NOT i.indisprimary AND c.relnamespace = 'public'::regnamespace
        """,
        )
        if table in tenant_tables() and first != "tenant_id"
    ]


def functions(cursor: Any) -> list[str]:
    """Functions with another role's rights: reviewed, owned by the worker, with a fixed search path."""
    found = _rows(
        cursor,
        """
        SELECT p.proname, pg_get_userbyid(p.proowner), p.proconfig::text,
            has_function_privilege('public', p.oid, 'EXECUTE')
        FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace
    """,
    )
    complaints = []
    for name, owner, config, is_public in found:
        if name not in DEFINER_FUNCTIONS:
            complaints.append(f"{name}(): a definer function that is not reviewed")
        if owner != "fsm_worker" or config != '{"search_path=pg_catalog, public"}' or is_public:
            complaints.append(f"{name}(): owner {owner}, config {config}, public {is_public}")
    there = {name for name, *_ in found}
    return complaints + [f"{name}(): reviewed, but not there" for name in set(DEFINER_FUNCTIONS) - there]


def roles(cursor: Any) -> list[str]:
    """The role that serves the product owns nothing, bypasses nothing and cannot change the schema."""
    (facts,) = _rows(
        cursor,
        """
        SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
            has_schema_privilege('fsm_app', 'public', 'CREATE'),
            has_database_privilege('fsm_app', current_database(), 'CREATE'),
            pg_has_role('fsm_app', 'fsm_owner', 'MEMBER'), pg_has_role('fsm_app', 'fsm_worker', 'MEMBER'),
            EXISTS (SELECT FROM pg_class WHERE relowner = 'fsm_app'::regrole),
            EXISTS (SELECT FROM pg_proc WHERE proowner = 'fsm_app'::regrole)
        FROM pg_roles WHERE rolname = 'fsm_app'
    """,
    )
    names = [
        "superuser", "bypasses row-level security", "makes roles", "makes databases", "replicates",
        "creates in public", "creates schemas", "is fsm_owner", "is fsm_worker",
        "owns tables", "owns functions",
    ]  # fmt: skip
    return [f"fsm_app {name}" for name, is_true in zip(names, facts, strict=True) if is_true]


CHECKS: list[Callable[[Any], list[str]]] = [tables, policies, constraints, unique_indexes, functions, roles]
