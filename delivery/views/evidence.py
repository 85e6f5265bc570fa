"""The evidence an engineer collects: checklist, parts, photos, signature."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import BadInput, Refusal
from delivery import permissions, queries, services
from delivery.enums import PhotoKind, SignatureOutcome
from delivery.forms import NoSignatureForm, PartForm, PhotoForm, SignForm, StepperForm
from delivery.views.shell import go, leads_back, next_tap, posted, show, visit_for
from delivery.views.visit import PERFORMERS
from dispatch import queries as visits
from dispatch.models import Visit
from inventory import queries as stock
from inventory.models import Part
from tenants.http import TenantRequest


@require_safe
@permitted(*PERFORMERS)
def visit_checklist(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """Every step, the answered ones folded; `?edit=<item id>` unfolds one."""
    found = visit_for(request, visit_id)
    if back := leads_back(request, found):
        return back
    evidence = queries.evidence_of(found)
    asked = request.GET.get("edit", "")
    context = {"evidence": evidence, "tap": next_tap(request, found, evidence)}
    if request.headers.get("HX-Request") and asked:
        step = next((step for step in evidence.steps if str(step.item.pk) == asked), None)
        if step is not None:
            return show(request, "_item", found, {**context, "step": step, "is_open": True})
    return show(request, "visit_checklist", found, {**context, "edit": asked})


@require_POST
@permitted(*PERFORMERS)
def visit_answer(request: TenantRequest, slug: str, visit_id: int, item_id: int) -> HttpResponse:
    """Save one answer at once. With htmx the step itself comes back, else the page at that step."""
    error = ""
    try:
        services.answer_item(
            visit_id=visit_id,
            item_id=item_id,
            value=request.POST.get("value", ""),
            comment=request.POST.get("comment", ""),
            actor=request.actor,
            at=now(),
        )
    except BadInput as refusal:
        error = refusal.message
    if not error and not request.headers.get("HX-Request"):
        return go(request, "visit_checklist", visit_id, fragment=f"item-{item_id}")
    found = visit_for(request, visit_id)
    evidence = queries.evidence_of(found)
    context: dict[str, Any] = {
        "evidence": evidence,
        "tap": next_tap(request, found, evidence),
        "error": error,
    }
    status = 422 if error else 200
    if request.headers.get("HX-Request"):
        step = next(step for step in evidence.steps if step.item.pk == item_id)
        context.update(step=step, is_open=True, with_progress=True, typed=request.POST.get("value", ""))
        return show(request, "_item", found, context, status)
    return show(request, "visit_checklist", found, {**context, "edit": str(item_id)}, status)


@dataclass(frozen=True)
class PartLine:
    """A part on the parts page: how many were used here, how many the van still has."""

    part: Part
    used: Decimal
    left: Decimal

    @property
    def is_whole(self) -> bool:
        """Whether one more can be taken."""
        return self.left >= 1


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(*PERFORMERS)
def visit_parts(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """Parts used, and the van's stock with + and −; posting a code uses a part by hand."""
    form = PartForm(posted(request))
    if request.method == "POST" and form.is_valid():
        part, quantity = form.cleaned_data["code"], form.cleaned_data["quantity"]
        try:
            services.use_part(visit_id=visit_id, part_id=part.pk, quantity=quantity, **_order(request))
        except Refusal as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Added: %(part)s.") % {"part": part})
            return go(request, "visit_parts", visit_id)
    found = visit_for(request, visit_id)
    return leads_back(request, found) or _parts_page(request, found, form)


@require_POST
@permitted(*PERFORMERS)
def visit_part_step(request: TenantRequest, slug: str, visit_id: int, change: str) -> HttpResponse:
    """One more (`use`) or one less (`return`). With htmx the part's card comes back."""
    stepper = StepperForm(request.POST)
    if not stepper.is_valid():
        raise BadInput(_("There is no such part. Look at the list again."))
    part, error = stepper.cleaned_data["part"], ""
    act = services.use_part if change == "use" else services.return_part
    try:
        act(visit_id=visit_id, part_id=part.pk, quantity=Decimal(1), **_order(request))
    except Refusal as refusal:
        error = refusal.message
    found = visit_for(request, visit_id)
    if not request.headers.get("HX-Request"):
        if error:
            messages.error(request, error)
        return go(request, "visit_parts", visit_id, fragment=f"part-{part.pk}")
    lines = _part_lines(found)
    line = next((line for line in lines if line.part == part), PartLine(part, Decimal(0), Decimal(0)))
    context = {"line": line, "error": error, "used_count": _used(lines), "with_count": True}
    return show(request, "_part_line", found, context, status=422 if error else 200)


def _parts_page(request: TenantRequest, found: Visit, form: PartForm) -> HttpResponse:
    lines = _part_lines(found)
    context = {
        "used": [line for line in lines if line.used],
        "on_van": [line for line in lines if not line.used],
        "used_count": _used(lines),
        "van": stock.van_of(found.engineer_id),
        "form": form,
    }
    return show(request, "visit_parts", found, context, status=422 if form.errors else 200)


def _part_lines(found: Visit) -> list[PartLine]:
    used: dict[int, Decimal] = {}
    parts: dict[int, Part] = {}
    for use in queries.part_uses_of(found):
        parts[use.part_id] = use.part
        used[use.part_id] = used.get(use.part_id, Decimal(0)) + use.quantity_used
    van = stock.van_of(found.engineer_id)
    left: dict[int, Decimal] = {}
    for level in stock.stock_at(van.pk) if van else ():
        left[level.part_id] = level.on_hand
        if level.on_hand > 0:
            parts.setdefault(level.part_id, level.part)
    nothing = Decimal(0)
    return [PartLine(part, used.get(part.pk, nothing), left.get(part.pk, nothing)) for part in parts.values()]


def _used(lines: list[PartLine]) -> Decimal:
    return sum((line.used for line in lines), Decimal(0))


def _order(request: TenantRequest) -> dict[str, Any]:
    key = request.POST.get("idempotency_key", "")[:60] or uuid4().hex
    return {"key": key, "actor": request.actor, "at": now()}


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(*PERFORMERS)
def visit_photos(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """Photos before, after and other; posting adds one, to a step of the checklist when it names one."""
    error, item_id = "", None
    if request.method == "POST":
        form, at = PhotoForm(request.POST, request.FILES), now()
        is_valid, item_id = form.is_valid(), form.cleaned_data.get("item_id")
        if is_valid:
            try:
                kept = services.add_photo(
                    visit_id=visit_id,
                    kind=form.cleaned_data["kind"],
                    data=form.cleaned_data["photo"].read(),
                    item_id=item_id,
                    actor=request.actor,
                    at=at,
                )
            except BadInput as refusal:
                error = refusal.message
            else:
                if kept.taken_at != at:
                    messages.info(request, _("This photo is already here."))
                if item_id:
                    return go(request, "visit_checklist", visit_id, fragment=f"item-{item_id}")
                return go(request, "visit_photos", visit_id)
        else:
            error = " ".join(str(text) for texts in form.errors.values() for text in texts)
    found = visit_for(request, visit_id)
    if not error and (back := leads_back(request, found)):
        return back
    if error and item_id:
        evidence = queries.evidence_of(found)
        tap = next_tap(request, found, evidence)
        facts = {"evidence": evidence, "tap": tap, "edit": str(item_id), "error": error}
        return show(request, "visit_checklist", found, facts, status=422)
    photos = list(queries.photos_of(found))
    groups = [(kind, [photo for photo in photos if photo.kind == kind]) for kind in PhotoKind]
    return show(
        request,
        "visit_photos",
        found,
        {"groups": groups, "count": len(photos), "error": error},
        status=422 if error else 200,
    )


@require_safe
@permitted(Permission.VISIT_PERFORM, Permission.WORK_VIEW, Permission.VISIT_PLAN)
def photo(request: TenantRequest, slug: str, visit_id: int, photo_id: int) -> HttpResponse:
    """The picture itself, for those who may see the visit. Never public."""
    found = visits.get_visit(visit_id)
    permissions.check_sees(request.actor, found)
    picture = queries.get_photo(found, photo_id)
    with picture.file.open("rb") as file:
        answer = HttpResponse(file.read(), content_type="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(*PERFORMERS)
def visit_sign(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """What was done, for the customer to confirm with name and hand; or why nobody does."""
    is_refused = request.method == "POST" and "outcome" in request.POST
    open_steps = _open_steps(visit_for(request, visit_id))
    form = SignForm(
        request.POST if request.method == "POST" and not is_refused else None, has_open_steps=bool(open_steps)
    )
    none_form = NoSignatureForm(request.POST if is_refused else None)
    given = none_form if is_refused else form
    if request.method == "POST" and given.is_valid():
        facts = given.cleaned_data
        try:
            services.sign(
                visit_id=visit_id,
                outcome=facts.get("outcome", SignatureOutcome.SIGNED),
                signer_name=facts.get("signer_name", ""),
                drawing=facts.get("signature", ""),
                reason=facts["reason"] if is_refused else form.reason,
                actor=request.actor,
                at=now(),
            )
        except BadInput as refusal:
            for field, texts in refusal.errors.items():
                given.add_error(field if field in given.fields else None, texts)
        else:
            return go(request, "visit_finish", visit_id)
    found = visit_for(request, visit_id)
    if not given.errors and (back := leads_back(request, found)):
        return back
    context: dict[str, Any] = {"form": form, "none_form": none_form, "evidence": queries.evidence_of(found)}
    context["open_steps"] = open_steps
    return show(request, "visit_sign", found, context, status=422 if given.errors else 200)


def _open_steps(found: Visit) -> list[queries.Missing]:
    """What is still to be done before the customer signs; of work that takes several days only its last stint asks."""
    return queries.evidence_of(found).open_steps if visits.is_last_stint(found) else []
