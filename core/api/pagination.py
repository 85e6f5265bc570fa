"""Pages by cursor: stable while rows arrive, and no count over a million rows."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

_NOT_OURS = _("The cursor is not one of ours. Start again without it.")


class CursorPages(CursorPagination):
    """`?limit=` (50, at most 200) and `?cursor=`; answers `{"results", "next", "previous", "has_more"}`."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering: tuple[str, ...] = ("-id",)

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError, DataError) as problem:
            if not request.query_params.get(self.cursor_query_param):
                raise
            # The place that a made-up cursor names is no value of the ordering's column.
            raise NotFound(_NOT_OURS) from problem

    def get_paginated_response(self, data: Any) -> Response:
        following = self.get_next_link()
        return Response(
            {
                "results": data,
                "next": following,
                "previous": self.get_previous_link(),
                "has_more": following is not None,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous", "has_more"],
            "properties": {
                "results": schema,
                "next": link,
                "previous": link,
                "has_more": {"type": "boolean"},
            },
        }

    def decode_cursor(self, request: Any) -> Any:
        try:
            return super().decode_cursor(request)
        except NotFound as problem:
            raise NotFound(_NOT_OURS) from problem
