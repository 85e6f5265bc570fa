"""Customer, Contact, Site, Asset."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.addresses import AddressField
from customers.enums import ContactChannel, CustomerTier
from tenants.enums import Language
from tenants.models import TenantModel, check_zone


class Customer(TenantModel):
    """Who we serve. `external_id` is its name in the system it came from, unique per `source`."""

    name = models.CharField(_("Name"), max_length=200)
    tier = models.CharField(
        _("Tier"), max_length=20, choices=CustomerTier.choices, default=CustomerTier.STANDARD
    )
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, blank=True)
    email = AddressField(_("E-mail"), blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    billing_address = models.CharField(_("Billing address"), max_length=300, blank=True)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    name_folded = models.CharField(max_length=200, editable=False, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "customer_external_uniq": _(
            "This external id is in use already. Change what has it, or give another id."
        ),
    }

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source", "external_id"],
                condition=~models.Q(external_id=""),
                name="customer_external_uniq",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "name_folded"], name="customer_name_idx"),
            models.Index(fields=["tenant", "updated_at", "id"], name="customer_updated_idx"),
        ]

    def __str__(self) -> str:
        return self.name


class Contact(TenantModel):
    """A person at a customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("Name"), max_length=120)
    reading = models.CharField(_("Reading"), max_length=120, blank=True)
    role = models.CharField(_("Role"), max_length=120, blank=True)
    email = AddressField(_("E-mail"), blank=True)
    email_folded = models.CharField(max_length=254, editable=False, default="")
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    phone_digits = models.CharField(max_length=20, editable=False, default="")
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, blank=True)
    prefers = models.CharField(
        _("Prefers"), max_length=10, choices=ContactChannel.choices, default=ContactChannel.EMAIL
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["tenant", "email_folded"], name="contact_email_idx"),
            models.Index(fields=["tenant", "phone_digits"], name="contact_phone_idx"),
            models.Index(fields=["tenant", "updated_at", "id"], name="contact_updated_idx"),
        ]

    def __str__(self) -> str:
        return self.name


class ContactAddress(TenantModel):
    """Where a contact is known on a messaging channel: the channel's own id of them, seen by us."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="addresses")
    channel = models.CharField(max_length=10, choices=ContactChannel.choices)
    address = models.CharField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "channel", "address"], name="contact_address_uniq")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.address}"


class Contract(TenantModel):
    """An agreement with a customer. What it promises by when is said by the SLA policies that name it."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contracts")
    number = models.CharField(_("Number"), max_length=40)
    name = models.CharField(_("Name"), max_length=200)
    starts_on = models.DateField(_("Starts on"))
    ends_on = models.DateField(_("Ends on"), null=True, blank=True)
    time_zone = models.CharField(_("Time zone"), max_length=64, blank=True, validators=[check_zone])
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "contract_number_uniq": _("This contract number is in use already. Give another number."),
        "contract_ends_after_start": _("A contract cannot end before it starts. Choose a later end."),
    }

    class Meta:
        ordering = ["-starts_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="contract_number_uniq"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="contract_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Site(TenantModel):
    """A place where work happens. `area` is what territories are made of; the degrees are WGS-84."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="sites")
    name = models.CharField(_("Name"), max_length=200)
    address = models.CharField(_("Address"), max_length=300, blank=True)
    address_folded = models.CharField(max_length=300, editable=False, default="")
    postal_code = models.CharField(_("Postal code"), max_length=20, blank=True)
    city = models.CharField(_("City"), max_length=120, blank=True)
    area = models.CharField(_("Area"), max_length=80, blank=True)
    latitude = models.FloatField(_("Latitude"), null=True, blank=True)
    longitude = models.FloatField(_("Longitude"), null=True, blank=True)
    time_zone = models.CharField(_("Time zone"), max_length=64, blank=True, validators=[check_zone])
    access_notes = models.TextField(_("Access notes"), blank=True)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "site_place_possible": _(
            "Give latitude (-90 to 90) and longitude (-180 to 180) both, or leave both empty."
        ),
        "site_external_uniq": _(
            "This external id is in use already. Change what has it, or give another id."
        ),
    }

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="site_place_possible",
            ),
            models.UniqueConstraint(
                fields=["tenant", "source", "external_id"],
                condition=~models.Q(external_id=""),
                name="site_external_uniq",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "address_folded"], name="site_address_idx"),
            models.Index(fields=["tenant", "updated_at", "id"], name="site_updated_idx"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo | None:
        return ZoneInfo(self.time_zone) if self.time_zone else None


class SiteHours(TenantModel):
    """When a site may be visited: weekday 0 is Monday; local times; a site without any is always open
    to urgent work, and to other work in the business hours of its kind.

    `closes` at or before `opens` means past midnight.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="visiting_hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    refusals = {
        "site_hours_weekday": _("A weekday is from 0 (Monday) to 6 (Sunday)."),
        "site_hours_uniq": _("Two visiting hours of a day begin at the same time. Leave one of them out."),
    }

    class Meta:
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(condition=models.Q(weekday__range=(0, 6)), name="site_hours_weekday"),
            models.UniqueConstraint(fields=["tenant", "site", "weekday", "opens"], name="site_hours_uniq"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens:%H:%M}–{self.closes:%H:%M}"


class Asset(TenantModel):
    """An installed piece of equipment at a site; may be part of another."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="assets")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts")
    name = models.CharField(_("Name"), max_length=200)
    model = models.CharField(_("Model"), max_length=120, blank=True)
    serial = models.CharField(_("Serial number"), max_length=120, blank=True)
    installed_on = models.DateField(_("Installed on"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["tenant", "serial"], name="asset_serial_idx"),
            models.Index(fields=["tenant", "updated_at", "id"], name="asset_updated_idx"),
        ]

    def __str__(self) -> str:
        return self.name
