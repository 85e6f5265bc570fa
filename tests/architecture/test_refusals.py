"""Whoever breaks a rule of the database by what they type is told in words what to do, never the rule's name."""

from __future__ import annotations

from django.apps import apps
from django.db import models

from tenants.models import TenantModel

OURS_ALONE = {
    "what we count and number": {"counter_kind_uniq", "counter_value_positive", "work_order_number_uniq"}
    | {"ticket_number_uniq", "plan_run_number_uniq", "invoice_number_uniq", "dispatch_policy_version_uniq"}
    | {"dispatch_rule_version_uniq", "calendar_version_uniq", "sla_item_position_uniq", "invoice_line_uniq"},
    "a secret or a key that we make": {"token_hash_uniq", "account_hook_uniq", "chat_code_uniq"}
    | {"asset_code_uniq", "link_code_uniq", "movement_once", "charge_once", "part_use_movement_uniq"},
    "told, heard or done once, whoever asks again": {"outbox_event_uniq", "handled_event_uniq"}
    | {"idempotent_act_uniq", "notice_once", "inbound_once", "outbound_once", "offer_accepted_once"}
    | {"timer_kind_uniq", "escalation_timer_uniq", "dispatch_timer_waits_once", "clock_round_uniq"}
    | {"recovery_once", "visit_figures_uniq", "inquiry_figures_uniq", "asset_one_living_code"},
    "a row that is looked for before it is written": {"own_hours_uniq", "contact_address_uniq", "draft_uniq"}
    | {
        "membership_user_uniq",
        "stock_level_uniq",
        "travel_profile_uniq",
        "travel_leg_uniq",
        "submission_uniq",
    }
    | {"dispatch_policy_one_each"},
    "states and times that services set together": {"membership_joined_before_active"}
    | {"membership_joined_or_invited", "ticket_resolved_both_or_neither", "ticket_waits_for_something"}
    | {"ticket_merged_names_target", "ticket_owned_and_timed", "visit_sent_is_told", "consent_expires_later"}
    | {"consent_chosen_or_not", "offer_has_recipient", "offer_expires_later", "time_entry_ends_later"}
    | {"time_entry_one_running", "link_choose_has_consent", "letter_window_both_or_neither"}
    | {"recovery_done_both_or_neither", "invoice_sums", "ledger_line_moves"}
    | {"invoice_reversed_at", "payment_carried_once"},
}
"""Constraints that nothing typed can break, by why."""


def _constraints() -> dict[str, type[TenantModel]]:
    return {
        constraint.name: model
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        for constraint in model._meta.constraints
    }


def test_every_rule_that_input_can_break_says_what_to_do() -> None:
    ours = set().union(*OURS_ALONE.values())
    silent = {
        f"{model._meta.label}: {name}"
        for name, model in _constraints().items()
        if name not in model.refusals and name not in ours
    }
    assert not silent, "say it in `refusals` of the model, or why nobody can break it"


def test_no_words_are_left_for_rules_that_are_gone() -> None:
    known = _constraints()
    ours = set().union(*OURS_ALONE.values())
    said = {name for model in apps.get_models() if issubclass(model, TenantModel) for name in model.refusals}
    assert not (ours | said) - set(known), "no such rule"
    assert not ours & said, "said in words and called ours alone"


def test_no_word_of_the_database_is_told() -> None:
    for name, model in _constraints().items():
        text = str(model.refusals.get(name, "."))
        assert name not in text and "_" not in text and text.endswith("."), text


def test_every_table_has_its_rules_checked_by_the_same_words() -> None:
    named = [m for m in apps.get_models() if issubclass(m, TenantModel) and m._meta.constraints]
    assert named and all(m.validate_constraints is TenantModel.validate_constraints for m in named)
    assert all(m.validate_constraints is not models.Model.validate_constraints for m in named)
