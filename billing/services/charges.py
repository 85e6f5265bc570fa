"""Prices, and the charges that come of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.enums import Permission
from billing import pricing, queries, wording
from billing.enums import ChargeKind, Payer
from billing.events import ChargesPriced
from billing.models import Charge, PriceItem
from core.errors import BadInput, IllegalTransition
from core.money import times
from delivery import queries as delivery
from delivery.models import PartUse
from dispatch.enums import VisitStatus
from dispatch.models import Visit, WorkOrder, WorkType
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant


@transaction.atomic
def set_price(
    *,
    kind: str,
    name: str,
    unit_price_minor: int,
    valid_from: date,
    actor: Actor,
    at: datetime,
    work_type_id: int | None = None,
) -> PriceItem:
    """Put a price on the list from a day on; the same kind, work type and day again corrects it.

    Charges that waited for this price are priced anew at once.
    """
    actor.require(Permission.CHARGE_EDIT)
    if kind not in (ChargeKind.LABOUR, ChargeKind.TRAVEL, ChargeKind.FEE):
        raise BadInput(_("Prices are for labour, travel and fees; a part carries its own list price."))
    if unit_price_minor < 0:
        raise BadInput(_("A price cannot be negative."), errors={"unit_price_minor": [_("Not negative.")]})
    work_type = _work_type(work_type_id)
    item, created = PriceItem.objects.update_or_create(
        kind=kind,
        work_type=work_type,
        valid_from=valid_from,
        defaults={
            "name": name,
            "unit_price_minor": unit_price_minor,
            "currency": current_tenant().currency,
        },
    )
    verb = "price_set" if created else "price_corrected"
    changes = {"kind": kind, "unit_price_minor": unit_price_minor, "valid_from": valid_from.isoformat()}
    journal.record(actor=actor, verb=verb, thing=item, at=at, changes=changes)
    waiting = Charge.objects.exclude(blocked_by="").values_list("work_order_id", flat=True)
    for work_order_id in waiting.order_by("work_order_id").distinct():
        _price_blocked(work_order_id, actor, at)
    return item


@transaction.atomic
def price_visit(*, visit_id: int, actor: Actor, at: datetime) -> list[Charge]:
    """Make the charges of a finished visit: labour, travel and parts. Doing it again changes nothing.

    A missing price does not stop it: that charge is 0 and blocks the invoice until the price is set.
    """
    visit = queries.visit_to_price(visit_id)
    actor.require(Permission.CHARGE_EDIT, visit)
    if visit.status != VisitStatus.DONE:
        raise IllegalTransition(
            _("Visit %(visit)s is not done yet, so there is nothing to charge. Complete it first.")
            % {"visit": visit}
        )
    known = set(Charge.objects.filter(visit=visit).values_list("key", flat=True))
    made = [charge for charge in _charges_for(visit) if charge.key not in known]
    for charge in made:
        charge.save()
    if made:
        changes = {charge.key: charge.amount_minor for charge in made}
        journal.record(actor=actor, verb="charges_priced", thing=visit.work_order, at=at, changes=changes)
        journal.publish(ChargesPriced(work_order_id=visit.work_order_id))
    return list(Charge.objects.filter(visit=visit))


@transaction.atomic
def price_again(*, work_order_id: int, actor: Actor, at: datetime) -> list[Charge]:
    """Price what could not be priced before: finished visits without a charge, charges without a price."""
    order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.CHARGE_EDIT, order)
    for visit_id in queries.unpriced_visits(work_order_id):
        price_visit(visit_id=visit_id, actor=actor, at=at)
    _price_blocked(work_order_id, actor, at)
    return list(queries.charges_of(work_order_id))


@transaction.atomic
def change_charge(
    *,
    charge_id: int,
    reason: str,
    actor: Actor,
    at: datetime,
    quantity: Decimal | None = None,
    unit_price_minor: int | None = None,
    payer: str | None = None,
    description: str | None = None,
) -> Charge:
    """Override quantity, price, payer or wording of a charge, with a reason that stays in its explanation.

    Giving a price, even 0, solves a missing one. Refused once the work order has a standing invoice.
    """
    charge = queries.charge_for_update(charge_id)
    actor.require(Permission.CHARGE_EDIT, charge)
    if not reason.strip():
        raise BadInput(
            _("Say why “%(charge)s” changes.") % {"charge": charge}, errors={"reason": [_("Required.")]}
        )
    _check_open(charge.work_order)
    before = (charge.quantity, charge.unit_price_minor, charge.payer, charge.description)
    was_minor = charge.amount_minor
    charge.quantity = charge.quantity if quantity is None else quantity
    charge.payer = charge.payer if payer is None else Payer(payer)
    charge.description = charge.description if description is None else description
    if unit_price_minor is not None:
        charge.unit_price_minor = unit_price_minor
        charge.blocked_by = ""
    charge.amount_minor = times(charge.unit_price_minor, charge.quantity)
    charge.explanation = pricing.overridden(
        charge.explanation,
        was_minor=was_minor,
        amount_minor=charge.amount_minor,
        payer=charge.payer,
        reason=reason,
        by=actor.label,
    )
    charge.save()
    after = (charge.quantity, charge.unit_price_minor, charge.payer, charge.description)
    names = ("quantity", "unit_price_minor", "payer", "description")
    changes = {n: [str(b), str(a)] for n, b, a in zip(names, before, after, strict=True) if b != a}
    journal.record(actor=actor, verb="charge_changed", thing=charge, at=at, changes=changes, reason=reason)
    journal.publish(ChargesPriced(work_order_id=charge.work_order_id))
    return charge


def _check_open(order: WorkOrder) -> None:
    invoice = queries.standing_invoice(order.pk)
    if invoice is not None:
        raise IllegalTransition(
            _("%(order)s is invoiced by %(invoice)s. Reverse that invoice, then change the charge.")
            % {"order": order, "invoice": invoice}
        )


def _price_blocked(work_order_id: int, actor: Actor, at: datetime) -> None:
    """Price blocked charges anew; those whose price is still missing stay as they are."""
    blocked = Charge.objects.filter(work_order_id=work_order_id, visit__isnull=False).exclude(blocked_by="")
    solved = {}
    for visit_id in sorted(set(blocked.values_list("visit_id", flat=True))):
        fresh = {charge.key: charge for charge in _charges_for(queries.visit_to_price(visit_id))}
        for charge in blocked.filter(visit_id=visit_id):
            if (new := fresh.get(charge.key)) and not new.blocked_by:
                _take_price(charge, new)
                solved[charge.key] = charge.amount_minor
    if solved:
        order = queries.work_order_for_update(work_order_id)
        journal.record(actor=actor, verb="charges_priced", thing=order, at=at, changes=solved)
        journal.publish(ChargesPriced(work_order_id=work_order_id))


def _take_price(charge: Charge, new: Charge) -> None:
    for name in ("kind", "quantity", "unit", "unit_price_minor", "amount_minor", "explanation", "blocked_by"):
        setattr(charge, name, getattr(new, name))
    charge.description = new.description
    charge.save()


def _charges_for(visit: Visit) -> Iterator[Charge]:
    """The charges of a visit as they would be priced now, unsaved."""
    order, tenant = visit.work_order, current_tenant()
    day = (visit.ended_at or visit.end_at).astimezone(tenant.zone).date()

    def best(kind: ChargeKind) -> pricing.Price | None:
        return pricing.best_price(queries.prices_for(kind, order.work_type_id), day)

    facts: dict[str, Any] = {
        "work_order": order,
        "visit": visit,
        "currency": tenant.currency,
        "tax_rate_percent": tenant.tax_rate_percent,
    }
    with translation.override(language_of(order)):
        labour = pricing.price_labour(delivery.work_minutes(visit), best(ChargeKind.LABOUR))
        yield _charge(labour, f"visit:{visit.pk}:labour", order.work_type.name, **facts)
        flat = best(ChargeKind.FEE)
        travel = pricing.price_travel(delivery.travel_minutes(visit), best(ChargeKind.TRAVEL), flat)
        if travel is not None:
            name = flat.name if flat else ""
            yield _charge(travel, f"visit:{visit.pk}:travel", name, **facts)
        for use in delivery.part_uses_of(visit):
            yield _part_charge(use, facts)


def _part_charge(use: PartUse, facts: dict[str, Any]) -> Charge:
    line = pricing.price_part(use.quantity_used, use.quantity_billed, use.part.unit, use.part.price_minor)
    return _charge(line, f"part_use:{use.pk}", use.part.name, part_use=use, **facts)


def _charge(line: pricing.Line, key: str, name: str, **facts: Any) -> Charge:
    return Charge(
        key=key,
        kind=line.kind,
        description=wording.printed_name(line.kind, name)[:300],
        quantity=line.quantity,
        unit=line.unit,
        unit_price_minor=line.unit_price_minor,
        amount_minor=line.amount_minor,
        explanation=line.steps,
        blocked_by=line.blocked_by,
        **facts,
    )


def language_of(order: WorkOrder) -> str:
    """The language of the customer's papers: the contact's, the customer's, the tenant's."""
    contact = order.contact.language if order.contact else ""
    return contact or order.customer.language or current_tenant().language


def _work_type(work_type_id: int | None) -> WorkType | None:
    if work_type_id is None:
        return None
    found = WorkType.objects.filter(pk=work_type_id).first()
    if found is None:
        raise BadInput(
            _("There is no work type %(id)s.") % {"id": work_type_id},
            errors={"work_type": [_("Choose one from the list.")]},
        )
    return found
