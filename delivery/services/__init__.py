"""What may be done at a customer's: taps, evidence, checklists."""

from delivery.services.checklists import create_checklist
from delivery.services.completion import complete_visit, could_not_complete, no_show
from delivery.services.evidence import add_photo, answer_item, sign
from delivery.services.parts import return_part, use_part
from delivery.services.steps import (
    accept_visit,
    arrive,
    pause_visit,
    report_delay,
    resume_visit,
    start_travel,
)

__all__ = [
    "accept_visit",
    "add_photo",
    "answer_item",
    "arrive",
    "complete_visit",
    "could_not_complete",
    "create_checklist",
    "no_show",
    "pause_visit",
    "report_delay",
    "resume_visit",
    "return_part",
    "sign",
    "start_travel",
    "use_part",
]
