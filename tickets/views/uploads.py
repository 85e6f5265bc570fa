"""Files that strangers send with a form: judged before anything is done with the request."""

from __future__ import annotations

from django.forms import Form
from django.utils.translation import gettext as _

from channels import services as channels
from core.errors import BadInput
from tenants.http import TenantRequest

MOST_FILES = 5
LARGEST = 10 * 1024 * 1024
LIMITS = {
    "most_files": MOST_FILES,
    "most_megabytes": LARGEST // 1024**2,
    "most_bytes": LARGEST,
    "accepted_files": channels.ACCEPTED_FILES,
}
"""What a page says of them."""


def judge_uploads(request: TenantRequest) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Name and bytes of each file of the field `files` that may be sent, and why the others may not.

    A file that is too large is never read: it lies in a temporary file until the request ends.
    """
    given = request.FILES.getlist("files")
    if len(given) > MOST_FILES:
        return [], [_("Choose at most %(count)s files.") % {"count": MOST_FILES}]
    taken: list[tuple[str, bytes]] = []
    problems: list[str] = []
    for file in given:
        name = file.name or ""
        try:
            if (file.size or 0) > LARGEST:
                raise BadInput(too_large(name))
            content = file.read()
            channels.check_upload(name=name, content=content, actor=request.actor)
        except BadInput as refusal:
            problems.append(refusal.message)
        else:
            taken.append((name, content))
    return taken, problems


def read_uploads(request: TenantRequest, form: Form) -> list[tuple[str, bytes]]:
    """The same for a form of a page: what may not be sent becomes an error of the form."""
    taken, problems = judge_uploads(request)
    for problem in problems:
        form.add_error(None, problem)
    return taken


def too_large(name: str) -> str:
    """That a file is larger than may be sent."""
    return _("“%(name)s” is larger than %(size)s MB. Send a smaller one, or send it in parts.") % {
        "name": name,
        "size": LARGEST // 1024**2,
    }
