"""Every kind of problem the API answers with: what it means, and the way out. Shown at /api/v1/problems/."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Kind:
    """One kind of problem. `status` is the HTTP status it comes with."""

    code: str
    status: int
    meaning: str | Promise
    way_out: str | Promise


KINDS = (
    Kind(
        "parse_error",
        400,
        _("The body is not what its content type says."),
        _("Send well-formed JSON in UTF-8."),
    ),
    Kind(
        "too_large",
        413,
        _("The body is larger than the server reads."),
        _("Send less at once: fewer things, or a smaller file."),
    ),
    Kind(
        "invalid",
        400,
        _("Some values cannot be used."),
        _("Each entry of errors points at a value and says why; mend them and send again."),
    ),
    Kind(
        "not_authenticated",
        401,
        _("No token was sent."),
        _("Send Authorization: Bearer and your token."),
    ),
    Kind(
        "authentication_failed",
        401,
        _("The token is unknown, expired or revoked."),
        _("Ask a tenant admin for a new one."),
    ),
    Kind(
        "not_allowed",
        403,
        _("The token lacks the permission for this."),
        _("Ask a tenant admin for a token with the scope that detail names."),
    ),
    Kind(
        "not_found",
        404,
        _("There is no such thing in your tenant."),
        _("Check the id. Things of other tenants look exactly like this."),
    ),
    Kind(
        "method_not_allowed",
        405,
        _("This address does not know the method."),
        _("The header Allow names the methods it knows."),
    ),
    Kind(
        "not_acceptable",
        406,
        _("The answer cannot be given in the form that was asked for."),
        _("Accept application/json."),
    ),
    Kind(
        "refused",
        409,
        _("The thing is in a state that does not allow this."),
        _("detail names the state and what to do."),
    ),
    Kind(
        "illegal_transition",
        409,
        _("The state cannot become the wanted one."),
        _("facts.allowed names the states that may follow."),
    ),
    Kind(
        "conflict",
        409,
        _("Somebody was faster, or there is one like it already."),
        _("Read the thing again, then decide."),
    ),
    Kind(
        "stale",
        409,
        _("The thing was changed since you read it."),
        _("Read it again and send its new version."),
    ),
    Kind(
        "overlap",
        409,
        _("The engineer has another visit at that time."),
        _("Choose another time or engineer, or move the other visit first."),
    ),
    Kind(
        "has_visit",
        409,
        _("The work has a visit to come already."),
        _("Move the visit that facts names, or call it off first."),
    ),
    Kind(
        "rule_broken",
        409,
        _("The engineer cannot take this work at that time."),
        _("facts lists every broken rule; give override_reason where can_be_forced is true."),
    ),
    Kind(
        "slot_taken",
        409,
        _("Somebody else took the window."),
        _("Ask for windows again and take another one."),
    ),
    Kind(
        "overtaken",
        409,
        _("Each engineer who was chosen was given other work before the visit could be written."),
        _("facts.tried lists them; send it again, with a new Idempotency-Key."),
    ),
    Kind(
        "expired",
        409,
        _("The time to answer is over."),
        _("Ask or offer anew."),
    ),
    Kind(
        "busy",
        409,
        _("A planning run is at work on the same engineers."),
        _("Wait until facts.run_id has ended, or call it off."),
    ),
    Kind(
        "waits",
        409,
        _("The work waits for other work that is not accepted yet."),
        _("Accept what detail names first, or both together."),
    ),
    Kind(
        "evidence_missing",
        409,
        _("The visit lacks something that it must have before it is complete."),
        _("detail names what is missing; send it, then complete the visit."),
    ),
    Kind(
        "out_of_stock",
        409,
        _("There are fewer parts at that place than asked for."),
        _("Move stock there first, or ask for fewer."),
    ),
    Kind(
        "not_priced",
        409,
        _("The work has charges without a price."),
        _("Set the price, then issue the invoice."),
    ),
    Kind(
        "price_missing",
        409,
        _("No price is valid on that day."),
        _("Set a price that is valid from an earlier day."),
    ),
    Kind(
        "needs_consent",
        409,
        _("The customer confirmed that time or that engineer; this would change it."),
        _("Ask the customer first, or say that they have agreed."),
    ),
    Kind(
        "window_taken",
        409,
        _("The window that the customer wanted has been taken meanwhile."),
        _("Take one of the windows that are still free."),
    ),
    Kind(
        "still_running",
        409,
        _("The first request with this Idempotency-Key is still being answered."),
        _("Wait a second, then send it again."),
    ),
    Kind(
        "already_done",
        409,
        _("This was done, but its answer was too long to keep."),
        _("Read the thing itself."),
    ),
    Kind(
        "unsupported_media_type",
        415,
        _("The content type cannot be read here."),
        _("Send application/json; photos as multipart/form-data."),
    ),
    Kind(
        "bad_input",
        422,
        _("The values are well-formed but make no sense together."),
        _("Each entry of errors names a field and says why."),
    ),
    Kind(
        "key_reused",
        422,
        _("The Idempotency-Key was used for another request."),
        _("Make a new key for every new request; repeat a key only with the same body."),
    ),
    Kind(
        "throttled",
        429,
        _("Too many requests in a short time."),
        _("Wait for as many seconds as Retry-After says."),
    ),
    Kind(
        "server_error",
        500,
        _("Something broke on our side; nothing was changed."),
        _("Send it again with the same Idempotency-Key; tell us its X-Request-Id if it stays."),
    ),
)
