"""The language switch, which stands on pages of every tenant and of none."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as keep_in_cookie

from accounts import services
from tenants.enums import Language


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Go on in another language: in this browser, and wherever else the person is signed in."""
    wanted = request.POST.get("language", "")
    if request.user.is_authenticated and wanted in Language.values:
        services.choose_language(user=request.user, language=wanted)
    return keep_in_cookie(request)
