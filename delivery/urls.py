"""Routes of delivery: the engineer's phone, and a visit's evidence at the desk."""

from __future__ import annotations

from django.urls import path

from delivery.views import checklists, desk, evidence, today, visit

urlpatterns = [
    path("my-visits/", today.today, name="today"),
    path("my-van/", today.van, name="van"),
    path("me/", today.me, name="me"),
    path("visits/<int:visit_id>/", visit.visit, name="visit"),
    path("visits/<int:visit_id>/more/", visit.visit_more, name="visit_more"),
    *[
        path(f"visits/<int:visit_id>/{step}/", visit.visit_step, {"step": step}, name=f"visit_{step}")
        for step in visit.STEPS
    ],
    path("visits/<int:visit_id>/delay/", visit.visit_delay, name="visit_delay"),
    path("visits/<int:visit_id>/could-not-complete/", visit.visit_give_up, name="visit_give_up"),
    path("visits/<int:visit_id>/finish/", visit.visit_finish, name="visit_finish"),
    path("visits/<int:visit_id>/checklist/", evidence.visit_checklist, name="visit_checklist"),
    path("visits/<int:visit_id>/checklist/<int:item_id>/", evidence.visit_answer, name="visit_answer"),
    path("visits/<int:visit_id>/parts/", evidence.visit_parts, name="visit_parts"),
    path(
        "visits/<int:visit_id>/parts/use/", evidence.visit_part_step, {"change": "use"}, name="visit_part_use"
    ),
    path(
        "visits/<int:visit_id>/parts/return/",
        evidence.visit_part_step,
        {"change": "return"},
        name="visit_part_return",
    ),
    path("visits/<int:visit_id>/photos/", evidence.visit_photos, name="visit_photos"),
    path("visits/<int:visit_id>/photos/<int:photo_id>/", evidence.photo, name="photo"),
    path("visits/<int:visit_id>/sign/", evidence.visit_sign, name="visit_sign"),
    path("board/visits/<int:visit_id>/no-show/", desk.visit_no_show, name="visit_no_show"),
    path("visits/<int:visit_id>/evidence/", desk.visit_evidence, name="visit_evidence"),
    path(
        "settings/work-types/<int:work_type_id>/checklist/", checklists.checklist_edit, name="checklist_edit"
    ),
]
