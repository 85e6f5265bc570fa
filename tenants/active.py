"""The active tenant: known to Python by a context variable and to PostgreSQL by a transaction setting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction

_active: ContextVar[int | None] = ContextVar("active_tenant", default=None)
_read_once: ContextVar[dict[str, Any] | None] = ContextVar("read_of_active_tenant", default=None)


class NoTenant(RuntimeError):
    """A tenant's rows were asked for while no tenant was active."""


def active_tenant_id() -> int:
    """The active tenant's id. Raises `NoTenant` when there is none."""
    tenant_id = _active.get()
    if tenant_id is None:
        raise NoTenant("No tenant is active. Enter one with tenant_active(tenant_id).")
    return tenant_id


def find_active_tenant_id() -> int | None:
    """The active tenant's id, or None."""
    return _active.get()


def read_once() -> dict[str, Any]:
    """What was read of the tenant since it was entered, by name; gone when it is left. Raises `NoTenant`."""
    known = _read_once.get()
    if known is None:
        raise NoTenant("No tenant is active. Enter one with tenant_active(tenant_id).")
    return known


def read_again() -> None:
    """Forget what was read of the active tenant, for it has changed."""
    if known := _read_once.get():
        known.clear()


@contextmanager
def tenant_active(tenant_id: int) -> Iterator[None]:
    """Work as one tenant, in one transaction. May be nested; the outer tenant returns at the end."""
    before = _active.get()
    with transaction.atomic():
        _tell_postgres(tenant_id)
        token, read = _active.set(tenant_id), _read_once.set({})
        try:
            yield
        finally:
            _active.reset(token)
            _read_once.reset(read)
        if connection.in_atomic_block and before != tenant_id and _is_nested():
            # RELEASE SAVEPOINT does not undo SET LOCAL; ROLLBACK TO does.
            _tell_postgres(before)


def _is_nested() -> bool:
    return bool(connection.savepoint_ids)


def _tell_postgres(tenant_id: int | None) -> None:
    """With the next statement, whatever it is: see `tenants.postgres.base`."""
    told = "" if tenant_id is None else str(int(tenant_id))
    wrapper: Any = connection
    wrapper.ahead.append(f"SET LOCAL app.tenant_id = '{told}'")
