"""Files that strangers send with a form: judged before anything is done with the request."""

from __future__ import annotations

from django.forms import Form
from django.utils.translation import gettext as _

from channels import services as channels
from core.errors import BadInput
from tenants.http import TenantRequest

MOST_FILES = 5
LARGEST = 10 * 1024 * 1024
LIMITS = {"most_files": MOST_FILES, "most_megabytes": LARGEST // 1024**2}
"""What a page says of them."""


def read_uploads(request: TenantRequest, form: Form) -> list[tuple[str, bytes]]:
    """Name and bytes of each file of the field `files`; what may not be sent becomes an error of the form.

    A file that is too large is never read: it lies in a temporary file until the request ends.
    """
    given = request.FILES.getlist("files")
    if len(given) > MOST_FILES:
        form.add_error(None, _("Choose at most %(count)s files.") % {"count": MOST_FILES})
        return []
    taken: list[tuple[str, bytes]] = []
    for file in given:
        name = file.name or ""
        try:
            if (file.size or 0) > LARGEST:
                raise BadInput(too_large(name))
            content = file.read()
            channels.check_upload(name=name, content=content, actor=request.actor)
        except BadInput as refusal:
            form.add_error(None, refusal.message)
        else:
            taken.append((name, content))
    return taken


def too_large(name: str) -> str:
    """That a file is larger than may be sent."""
    return _("“%(name)s” is larger than %(size)s MB. Send a smaller one, or send it in parts.") % {
        "name": name,
        "size": LARGEST // 1024**2,
    }
