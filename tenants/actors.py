"""Who acts: a person, a program, a customer or the system itself, always within one tenant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from django.utils.translation import gettext as _

from core.errors import NotAllowed

ActorKind = Literal["member", "token", "customer", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """One who acts, with what they may do.

    `permissions` holds codes of `accounts.enums.Permission`. `membership_id` is set for people,
    `token_id` for programs. `provider_code` narrows a provider's people to their own work. `is_unbound` is
    the system itself, which may do anything and says under which name it acts.
    """

    kind: ActorKind
    label: str
    permissions: frozenset[str] = field(default_factory=frozenset)
    membership_id: int | None = None
    token_id: int | None = None
    provider_code: str = ""
    is_unbound: bool = False

    def can(self, *permissions: str) -> bool:
        """Whether the actor holds any of these permissions."""
        return self.is_unbound or any(str(p) in self.permissions for p in permissions)

    def require(self, permission: str, thing: object = None) -> None:
        """Raise `NotAllowed` unless the actor holds the permission."""
        if self.can(permission):
            return
        label = getattr(permission, "label", permission)
        raise NotAllowed(
            _("%(actor)s may not do this: the role lacks “%(permission)s”. Ask a tenant admin to add it.")
            % {"actor": self.label, "permission": label},
            permission=str(permission),
            thing=str(thing) if thing is not None else "",
        )

    @classmethod
    def system(cls, label: str) -> Actor:
        """The system itself, named by what it does: "auto-dispatch", "import", "sla timer"."""
        return cls(kind="system", label=label, is_unbound=True)

    @classmethod
    def customer(cls, label: str) -> Actor:
        """An end customer who came by a link or a public form: may do only what that page does."""
        return cls(kind="customer", label=label)
