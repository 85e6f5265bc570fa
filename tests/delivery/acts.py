"""What an engineer does on site, in one call each."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image, ImageDraw

from delivery import queries, services
from dispatch.models import Visit


def steps_of(visit: Visit) -> dict[str, int]:
    return {step.item.label: step.item.pk for step in queries.evidence_of(visit).steps}


def drawing(kind: str = "PNG", mark: bool = True) -> str:
    """What a pad gives as a data URL: a stroke, or nothing."""
    image = Image.new("RGBA", (300, 120), (0, 0, 0, 0))
    if mark:
        ImageDraw.Draw(image).line((10, 60, 290, 40), fill="black", width=4)
    held = io.BytesIO()
    (image if kind == "PNG" else image.convert("RGB")).save(held, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(held.getvalue()).decode()}"


def sign(visit: Visit, me: dict[str, Any], **facts: Any) -> Any:
    given = {"outcome": "signed", "signer_name": "Mrs. Alvarez", "drawing": drawing(), "reason": "", **facts}
    return services.sign(visit_id=visit.pk, **given, **me)


def fill(visit: Visit, me: dict[str, Any]) -> None:
    steps = steps_of(visit)
    services.answer_item(visit_id=visit.pk, item_id=steps["Gas valve closed"], value="pass", **me)
    services.answer_item(visit_id=visit.pk, item_id=steps["CO in flue gas"], value="64", **me)
