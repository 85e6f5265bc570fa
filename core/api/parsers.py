"""How bodies are read."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class Json(JSONParser):
    """JSON; a body of brackets within brackets without end is malformed, not our fault."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as problem:
            raise ParseError(_("JSON parse error: nested too deeply.")) from problem
