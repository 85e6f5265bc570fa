"""Routes of dispatch."""

from __future__ import annotations

from django.urls import path

from dispatch.views import (
    absences,
    board,
    capacity,
    crews,
    files,
    offers,
    policies,
    preferences,
    rules,
    visits,
    work_orders,
    work_types,
)

urlpatterns = [
    path("board/", board.board, name="board"),
    path("board/send/", board.drafts_send, name="drafts_send"),
    path("board/loads/", board.engineer_loads, name="engineer_loads"),
    path("work-orders/", work_orders.work_order_list, name="work_order_list"),
    path("work-orders/new/", work_orders.work_order_create, name="work_order_create"),
    path("work-orders/<int:work_order_id>/", work_orders.work_order_detail, name="work_order_detail"),
    path("work-orders/<int:work_order_id>/cancel/", work_orders.work_order_cancel, name="work_order_cancel"),
    path(
        "work-orders/<int:work_order_id>/files/<int:file_id>/",
        files.work_order_file,
        name="work_order_file",
    ),
    path(
        "work-orders/<int:work_order_id>/files/<int:file_id>/picture/",
        files.work_order_picture,
        name="work_order_picture",
    ),
    path(
        "work-orders/<int:work_order_id>/dispatch/",
        work_orders.work_order_dispatch,
        name="work_order_dispatch",
    ),
    path("work-orders/<int:work_order_id>/crew/", crews.crew_schedule, name="crew_schedule"),
    path("work-orders/<int:work_order_id>/visits/", visits.visit_schedule, name="visit_schedule"),
    path("board/visits/<int:visit_id>/move/", visits.visit_move, name="visit_move"),
    path("board/visits/<int:visit_id>/drop/", visits.visit_drop, name="visit_drop"),
    path("board/visits/<int:visit_id>/send/", visits.visit_send, name="visit_send"),
    path("board/visits/<int:visit_id>/cancel/", visits.visit_cancel, name="visit_cancel"),
    path("tickets/<int:ticket_id>/work/", work_orders.ticket_work, name="ticket_work"),
    path("offers/", offers.offer_list, name="offer_list"),
    path("offers/<int:offer_id>/", offers.offer_detail, name="offer_detail"),
    path("offers/<int:offer_id>/accept/", offers.offer_accept, name="offer_accept"),
    path("offers/<int:offer_id>/decline/", offers.offer_decline, name="offer_decline"),
    path("offers/<int:offer_id>/withdraw/", offers.offer_withdraw, name="offer_withdraw"),
    path("rules/", rules.rule_list, name="rule_list"),
    path("rules/new/", rules.rule_create, name="rule_create"),
    path("rules/<int:rule_id>/", rules.rule_edit, name="rule_edit"),
    path("rules/log/", rules.run_list, name="run_list"),
    path("rules/<int:rule_id>/move/", rules.rule_move, name="rule_move"),
    path("rules/<int:rule_id>/switch/", rules.rule_switch, name="rule_switch"),
    path(
        "engineers/<int:engineer_id>/absences/new/",
        absences.absence_create,
        name="absence_create",
    ),
    path(
        "engineers/<int:engineer_id>/absences/<int:absence_id>/",
        absences.absence_edit,
        name="absence_edit",
    ),
    path("capacity/", capacity.capacity, name="capacity"),
    path("capacity-rules/new/", capacity.capacity_rule_create, name="capacity_rule_create"),
    path(
        "capacity-rules/<int:capacity_rule_id>/",
        capacity.capacity_rule_edit,
        name="capacity_rule_edit",
    ),
    path(
        "capacity-rules/<int:capacity_rule_id>/remove/",
        capacity.capacity_rule_remove,
        name="capacity_rule_remove",
    ),
    path(
        "customers/<int:pk>/engineers/",
        preferences.customer_engineer_list,
        name="customer_engineer_list",
    ),
    path(
        "customers/<int:pk>/preferences/<int:preference_id>/remove/",
        preferences.customer_engineer_remove,
        name="customer_engineer_remove",
    ),
    path("settings/policy/", policies.policy_edit, name="policy_edit"),
    path("settings/policy/preview/", policies.policy_preview, name="policy_preview"),
    path("settings/policy/publish/", policies.policy_publish, name="policy_publish"),
    path("settings/policy/discard/", policies.policy_discard, name="policy_discard"),
    path("settings/policy/retire/", policies.policy_retire, name="policy_retire"),
    path("settings/work-types/", work_types.work_type_list, name="work_type_list"),
    path("settings/work-types/new/", work_types.work_type_create, name="work_type_create"),
    path("settings/work-types/<int:work_type_id>/", work_types.work_type_edit, name="work_type_edit"),
]
