"""The workforce's notices as sentences, in the active language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notices.registry import Kind, Said


def _certificate_ends(facts: Mapping[str, Any]) -> Said:
    title = _("%(engineer)s: the certificate for %(skill)s ends on %(day)s") % {
        "engineer": facts["engineer"],
        "skill": facts["skill"],
        "day": date_format(date.fromisoformat(facts["last_day"])),
    }
    detail = _("Number %(number)s.") % {"number": facts["number"]} if facts["number"] else ""
    hint = _("From the next day on nobody can plan work with them that needs this skill.")
    return Said(title, " ".join(filter(None, [detail, hint])))


KINDS = {
    "certificate_ends": Kind(
        label=gettext_lazy("An engineer's certificate ends within 30 days"),
        icon="certificate",
        hue="wait",
        say=_certificate_ends,
        is_warning=True,
        folds=False,
    ),
}
