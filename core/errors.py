"""Refusals a person can act on.

Every refusal names the thing, its state and the way out. Pages show `message`; the API turns the
same object into `application/problem+json` with `code` and `status`.
"""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """Something was asked that cannot be done. Subclasses say which kind."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "refused"

    def __init__(self, message: str, *, code: str | None = None, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts
        self.problem_code = code or self.code


class NotAllowed(Refusal):
    """The actor lacks the permission."""

    status = 403
    code = "not_allowed"


class NotFound(Refusal):
    """No such thing in this tenant; also what a rival's object looks like."""

    status = 404
    code = "not_found"


class IllegalTransition(Refusal):
    """The thing's state does not allow the act."""

    code = "illegal_transition"


class Conflict(Refusal):
    """Somebody else changed the thing meanwhile, or the place is taken."""

    code = "conflict"


class BadInput(Refusal):
    """The input is of the wrong form. `errors` maps a field to its messages."""

    status = 422
    code = "bad_input"

    def __init__(self, message: str, *, errors: dict[str, list[str]] | None = None, **facts: object) -> None:
        super().__init__(message)
        self.facts = facts
        self.errors = errors or {}
