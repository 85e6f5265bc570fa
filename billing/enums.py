"""Choices of settlement."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ChargeKind(models.TextChoices):
    """What a charge is for."""

    LABOUR = "labour", _("Labour")
    TRAVEL = "travel", _("Travel")
    PART = "part", _("Part")
    FEE = "fee", _("Fee")
    DISCOUNT = "discount", _("Discount")


class Payer(models.TextChoices):
    """Who pays a charge."""

    CUSTOMER = "customer", _("Customer")
    MAKER = "maker", _("Maker")
    US = "us", _("We")


class Block(models.TextChoices):
    """Why a charge cannot be invoiced yet."""

    NO_PRICE = "no_price", _("No price")


class InvoiceStatus(models.TextChoices):
    """Where an invoice stands. Nothing is edited after issue: it is reversed."""

    ISSUED = "issued", _("Issued")
    PAID = "paid", _("Paid")
    REVERSED = "reversed", _("Reversed")


class PaymentKind(models.TextChoices):
    """Why money was put to an invoice's account, or taken off it."""

    RECEIVED = "received", pgettext_lazy("money", "Received")
    CARRIED = "carried", _("Carried over")
    REFUNDED = "refunded", _("Refunded")
    TAKEN_BACK = "taken_back", pgettext_lazy("money", "Taken back")


class Account(models.TextChoices):
    """Accounts of the money ledger."""

    RECEIVABLE = "receivable", _("Receivables")
    REVENUE = "revenue", _("Revenue")
    TAX = "tax", _("Tax payable")
    CASH = "cash", _("Cash")
    CREDIT = "credit", _("Customer credit")
    CLEARING = "clearing", _("Carried between invoices")
