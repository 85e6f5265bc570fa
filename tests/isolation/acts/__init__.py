"""A valid body for every route that changes something: the one place where a new route must be entered.

Pages by route name (`who=""` is a customer without sign-in), the API by route name and method; each in the module
of its app.
"""

from __future__ import annotations

from tests.isolation.acts import (
    accounts,
    billing,
    channels,
    customers,
    delivery,
    dispatch,
    inventory,
    planning,
    tickets,
    workforce,
)
from tests.isolation.routes import Act

PAGES: dict[str, Act] = {
    **accounts.PAGES,
    **billing.PAGES,
    **channels.PAGES,
    **customers.PAGES,
    **delivery.PAGES,
    **dispatch.PAGES,
    **inventory.PAGES,
    **planning.PAGES,
    **tickets.PAGES,
    **workforce.PAGES,
}
API: dict[str, Act] = {
    **billing.API,
    **customers.API,
    **delivery.API,
    **dispatch.API,
    **inventory.API,
    **planning.API,
    **tickets.API,
    **workforce.API,
}
