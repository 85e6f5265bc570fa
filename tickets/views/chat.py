"""The chat widget on the customer's site: a script, a frame of ours, and what the frame asks.

The frame proves who it is by the secret code of its session, which it sends in every call; no cookie says
anything, so no other site can call in a visitor's name. Answers are JSON; `detail` says what went wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from channels import queries as channels
from channels import services as channel_services
from channels.models import ChannelAccount, ChatSession
from core import serving
from core.callers import throttled_part
from core.clock import now
from core.errors import Refusal
from journal.live import room_pass
from tenants.http import TenantRequest
from tickets import services
from tickets.queries.chat import is_desk_awake
from tickets.views.limits import WINDOW_SECONDS, is_over
from tickets.views.uploads import LIMITS, judge_uploads

PER_ADDRESS = {"open": 10, "say": 200, "send": 20}
PER_TENANT = {"open": 300, "say": 6_000, "send": 300}
PER_SESSION = {"say": 30, "send": 5, "read": 240, "file": 60, "typing": 60, "pass": 60, "close": 10}
MINUTE = 60
"""How often: an address and a company in ten minutes, a session in one; `send` is saying with files."""

Call = Callable[[TenantRequest, ChatSession], HttpResponse]


@require_safe
def widget(request: TenantRequest, slug: str, hook: str) -> HttpResponse:
    """The script that a tenant pastes into its site: a button, and our frame behind it."""
    account = _account(hook)
    options = channels.chat_options(account)
    language = options.language_for(get_language() or "")
    with translation.override(language):
        facts = {
            "frame": request.build_absolute_uri(reverse("intake:chat", args=[slug, hook])),
            "key": f"fieldservice-chat-{hook}",
            "language": language,
            "colour": options.colour,
            "ink": options.ink,
            "open": _("Chat with us"),
            "close": _("Close the chat"),
            "title": _("Chat with %(company)s") % {"company": request.tenant.name},
            "unread": _("New message"),
        }
    # As JSON inside a script: nothing in it can end the script or begin a comment.
    text = json.dumps(facts).replace("<", "\\u003c").replace(">", "\\u003e")
    answer = render(request, "chat/widget.js", {"facts": text}, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["Vary"] = "Accept-Language, Cookie"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@require_safe
@xframe_options_exempt
def frame(request: TenantRequest, slug: str, hook: str) -> HttpResponse:
    """What the frame shows. Only the account's own origins, and ours, may show it."""
    account = _account(hook)
    options = channels.chat_options(account)
    context = {
        "options": options,
        "brand": request.tenant.name,
        "is_away": not is_desk_awake(),
        "addresses": {name: reverse(f"intake:chat_{name}", args=[slug, hook]) for name in CALLS},
        "origins": list(options.origins),
        "key": f"fieldservice-chat-{hook}",
        **LIMITS,
    }
    with translation.override(options.language_for(get_language() or "")):
        answer = render(request, "chat/frame.html", context)
        answer.headers["Content-Language"] = get_language() or "en"
    answer._csp_replace = {"frame-ancestors": ["'self'", *options.origins]}  # type: ignore[attr-defined]
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def called(name: str) -> Callable[[Call], Callable[..., HttpResponse]]:
    """A call of an open session: POST, from our own frame, with a code that opens it, and not too often."""

    def wrap(view: Call) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @require_POST
        @wraps(view)
        def answered(request: TenantRequest, slug: str, hook: str) -> HttpResponse:
            account = _account(hook)
            if not _is_ours(request):
                return _refused(_("Only the chat's own frame may ask this."), 403)
            session = channels.find_chat(request.POST.get("code", ""), account.pk, now())
            if session is None:
                return _refused(_("This chat is over. Begin a new one."), 404)
            if _is_flood(request, name, session):
                return _too_many()
            return _said(view, request, session)

        return answered

    return wrap


@csrf_exempt
@require_POST
def chat_open(request: TenantRequest, slug: str, hook: str) -> HttpResponse:
    """Begin a session: `{"code": …}`, which is told this once. At most 10 per address in ten minutes."""
    account = _account(hook)
    if not _is_ours(request):
        return _refused(_("Only the chat's own frame may ask this."), 403)
    if _is_flood(request, "open", None):
        return _too_many()
    language = channels.chat_options(account).language_for(get_language() or "")
    try:
        _session, code = channel_services.open_chat(
            account_id=account.pk,
            name=request.POST.get("name", ""),
            email=request.POST.get("email", ""),
            page=_page(request.POST.get("page", "")),
            language=language,
            actor=request.actor,
            at=now(),
        )
    except Refusal as refusal:
        return _refused(refusal.message, refusal.status)
    return _answer({"code": code})


@called("say")
def chat_say(request: TenantRequest, session: ChatSession) -> HttpResponse:
    """Say something, with files or without, once per `key` of the visitor's page: `{"id", "ticket"}`."""
    if request.FILES and _is_flood(request, "send", session):
        return _too_many()
    files, problems = judge_uploads(request)
    if problems:
        return _refused(" ".join(problems), 422)
    message, ticket = services.say_in_chat(
        session=session,
        key=request.POST.get("key", "")[:64],
        body=request.POST.get("body", ""),
        name=request.POST.get("name", ""),
        email=request.POST.get("email", ""),
        files=files,
        actor=request.actor,
        at=now(),
    )
    return _answer({"id": message.pk, "ticket": str(ticket or "")})


@called("read")
def chat_read(request: TenantRequest, session: ChatSession) -> HttpResponse:
    """What was said after the ids `heard` (theirs) and `told` (ours), which the page says it has."""
    heard, told = (_number(request.POST.get(name, "")) for name in ("heard", "told"))
    services.take_chat_delivery(session=session, up_to=told, actor=request.actor, at=now())
    lines = channels.chat_lines(session, heard=heard, told=told)
    facts = [
        {
            "id": line.id,
            "ours": line.is_ours,
            "key": line.key,
            "text": line.body,
            "at": line.at.isoformat(),
            "files": [{"id": file.pk, "name": file.name} for file in line.files],
        }
        for line in lines
    ]
    return _answer({"lines": facts, "away": not is_desk_awake()})


@called("file")
def chat_file(request: TenantRequest, session: ChatSession) -> HttpResponse:
    """A file of this session, theirs or ours, to be saved; 404 for every other."""
    file = channels.find_chat_file(session, _number(request.POST.get("id", "")))
    if file is None:
        return _refused(_("This file is not here."), 404)
    return serving.download(file.file, file.name, file.content_type)


@called("typing")
def chat_typing(request: TenantRequest, session: ChatSession) -> HttpResponse:
    """The visitor is writing."""
    services.visitor_writes(session=session, actor=request.actor)
    return HttpResponse(status=204)


@called("pass")
def chat_pass(request: TenantRequest, session: ChatSession) -> HttpResponse:
    """Where the page listens for less than a minute from now: to this session's room and nothing else."""
    url = ""
    if settings.LIVE_URL:
        url = f"{settings.LIVE_URL}/live/room?pass={room_pass(request.tenant.pk, session.room)}"
    return _answer({"url": url})


@called("close")
def chat_close(request: TenantRequest, session: ChatSession) -> HttpResponse:
    """The visitor ends the session; its code opens nothing any more."""
    channel_services.close_chat(session_id=session.pk, actor=request.actor, at=now())
    return HttpResponse(status=204)


CALLS = ("open", "say", "read", "file", "typing", "pass", "close")
"""What the frame asks, by the last part of the route's name."""


def _account(hook: str) -> ChannelAccount:
    account = channels.find_chat_account(hook)
    if account is None:
        raise Http404
    return account


def _is_ours(request: TenantRequest) -> bool:
    """Whether a page of our own origin calls. Browsers always say where a POST comes from."""
    origin = request.headers.get("Origin")
    return origin is None or origin == f"{request.scheme}://{request.get_host()}"


def _is_flood(request: TenantRequest, name: str, session: ChatSession | None) -> bool:
    prefix = f"chat-{name}:{request.tenant.pk}"
    limits = []
    if session is not None and name in PER_SESSION:
        limits.append((f"{prefix}:session:{session.pk}", PER_SESSION[name], MINUTE))
    if name in PER_ADDRESS:
        limits.append((f"{prefix}:address:{throttled_part(request)}", PER_ADDRESS[name], WINDOW_SECONDS))
        limits.append((prefix, PER_TENANT[name], WINDOW_SECONDS))
    return is_over(limits)


def _said(view: Call, request: TenantRequest, session: ChatSession) -> HttpResponse:
    with translation.override(session.language or "en"):
        try:
            return view(request, session)
        except Refusal as refusal:
            return _refused(refusal.message, refusal.status)


def _too_many() -> HttpResponse:
    answer = _refused(_("That was very much in a short time. Wait a minute, then send it again."), 429)
    answer.headers["Retry-After"] = str(MINUTE)
    return answer


def _refused(detail: str, status: int) -> HttpResponse:
    return _answer({"detail": detail}, status)


def _answer(facts: dict[str, Any], status: int = 200) -> HttpResponse:
    answer = JsonResponse(facts, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


def _page(text: str) -> str:
    """The address of the visitor's page, without what follows ? and #: that may hold their secrets."""
    plain = text.partition("#")[0].partition("?")[0]
    return plain if plain.startswith(("https://", "http://")) else ""
