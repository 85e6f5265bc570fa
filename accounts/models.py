"""Users are global; memberships, roles and tokens belong to a tenant."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.enums import Permission, RoleCode
from tenants.enums import Language
from tenants.fields import TenantKey
from tenants.models import TenantModel, check_zone


class UserManager(BaseUserManager["User"]):
    """Users are known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **facts: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **facts)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **facts)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. May belong to several tenants. Global."""

    email = models.EmailField(_("E-mail"), unique=True)
    name = models.CharField(_("Name"), max_length=120)
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, blank=True)
    time_zone = models.CharField(_("Time zone"), max_length=64, blank=True, validators=[check_zone])
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    proven_at = models.DateTimeField(null=True, editable=False)
    """When a link mailed to the address was used and everything older was ended: see docs/adr/0005."""

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name


class Role(TenantModel):
    """What people of this role may do: a set of permission codes the tenant admin may change."""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80, blank=True)
    permissions = ArrayField(models.CharField(max_length=40, choices=Permission.choices), default=list)

    refusals = {
        "role_code_uniq": _("This code is in use already. Use the one that exists, or choose another code."),
    }

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="role_code_uniq")]

    def __str__(self) -> str:
        return self.name or str(dict(RoleCode.choices).get(self.code, self.code))


class Membership(TenantModel):
    """A person's place in one tenant. Readable without a tenant: it is how the tenant is found.

    `name` is what this tenant calls the person. Without `joined_at` the person has been invited and has not
    accepted: such a place is not active, and gives nothing.
    """

    tenant = TenantKey(row_security=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    name = models.CharField(max_length=120)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="memberships")
    provider_code = models.SlugField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    joined_at = models.DateTimeField(null=True)
    invited_at = models.DateTimeField(null=True)
    invited_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="membership_user_uniq"),
            models.CheckConstraint(
                condition=models.Q(is_active=False) | models.Q(joined_at__isnull=False),
                name="membership_joined_before_active",
            ),
            models.CheckConstraint(
                condition=models.Q(joined_at__isnull=False) | models.Q(invited_at__isnull=False),
                name="membership_joined_or_invited",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_waiting(self) -> bool:
        """Whether the person has been invited and has not accepted yet."""
        return self.joined_at is None


class ApiToken(TenantModel):
    """A program's key to one tenant. Only the hash of the secret is kept; the prefix tells tokens apart."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40, choices=Permission.choices), default=list)
    created_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="tokens")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "secret_hash"], name="token_hash_uniq")]
        indexes = [models.Index(fields=["secret_hash"], name="token_hash_idx")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
