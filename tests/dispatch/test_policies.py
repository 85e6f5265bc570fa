"""Policies: what a version says, who may publish it, what it would change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from core.errors import BadInput, Conflict, NotAllowed
from dispatch import queries, services
from dispatch.enums import Objective, PolicyStatus, Rule, VisitStatus
from dispatch.evaluator import Person as Engineer
from dispatch.evaluator import Work, evaluate
from dispatch.forms import LIMIT_LABELS
from dispatch.models import DispatchPolicy
from dispatch.policy import CHOICES, LIMITS, NEVER_BROKEN, PRODUCT, VERDICTS, WEIGHTS, Policy
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company, Person
from tests.factories.dispatch import make_place, make_visit, make_work_order
from tests.factories.workforce import make_engineer

SignedIn = Callable[[Person], Client]
BOSS = Actor.system("tests")
OVERLAP_FREE = {"territory": "block", "window": "allow"}


def test_the_names_of_the_pages_are_those_of_the_evaluator() -> None:
    assert set(Rule.values) == set(VERDICTS)
    assert set(Objective.values) == set(WEIGHTS)
    assert set(LIMIT_LABELS) == set(LIMITS)


@pytest.mark.parametrize("code", sorted(NEVER_BROKEN))
def test_what_is_never_broken_blocks_whatever_is_stored(code: str) -> None:
    assert Policy(verdicts={code: "allow"}).verdict(code) == "block"


def test_an_unknown_rule_blocks() -> None:
    assert PRODUCT.verdict("moon") == "block"


@pytest.mark.parametrize("choice", CHOICES)
def test_a_verdict_decides_what_breaking_a_rule_means(choice: str) -> None:
    away = Engineer(1, "Tom", areas=frozenset({"North"}), shifts=[(0, 9999)])
    verdict = evaluate(away, Work(1, 60, area="South"), 60, policy=Policy(verdicts={"territory": choice}))
    assert bool(verdict.blocked) == (choice == "block")
    assert bool(verdict.needs_reason) == (choice == "confirm")
    assert verdict.can_be_forced == (choice != "block")


def save(**given: object) -> DispatchPolicy:
    content = {"verdicts": {}, "weights": {}, "limits": {}, "actor": BOSS, "at": AT, **given}
    return services.save_policy_draft(**content)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        {"verdicts": {"moon": "block"}},
        {"verdicts": {"overlap": "allow"}},
        {"verdicts": {"window": "perhaps"}},
        {"weights": {"travel": 101}},
        {"weights": {"moon": 1}},
        {"limits": {"max_travel_minutes": -1}},
    ],
)
@pytest.mark.django_db
def test_what_cannot_be_said_is_refused(acme: Company, given: dict[str, object]) -> None:
    with tenant_active(acme.tenant.pk), pytest.raises(BadInput):
        save(**given)


@pytest.mark.django_db
def test_a_draft_counts_when_it_is_published_and_stays_as_it_was(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        draft = save(verdicts=OVERLAP_FREE, weights={"travel": 90})
        assert save(verdicts={"territory": "block"}).pk == draft.pk
        assert queries.policy_in_force() == PRODUCT
        services.publish_policy(version=draft.version, actor=BOSS, at=AT)
        assert queries.policy_in_force().verdict("territory") == "block"
        with pytest.raises(Conflict):
            services.publish_policy(version=draft.version, actor=BOSS, at=AT)
        second = save(weights={"travel": 10})
        services.publish_policy(version=second.version, actor=BOSS, at=AT)
        states = dict(DispatchPolicy.objects.values_list("version", "status"))
        assert states == {draft.version: PolicyStatus.RETIRED, second.version: PolicyStatus.PUBLISHED}
        services.retire_policy(actor=BOSS, at=AT)
        assert queries.policy_in_force() == PRODUCT


@pytest.mark.django_db
def test_only_who_may_change_rules_publishes(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        draft = save()
        nobody = Actor(kind="member", label="Guest")
        with pytest.raises(NotAllowed):
            services.publish_policy(version=draft.version, actor=nobody, at=AT)


@pytest.mark.django_db
def test_a_visit_keeps_the_version_it_was_planned_under(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        draft = save(verdicts={"territory": "allow"})
        services.publish_policy(version=draft.version, actor=BOSS, at=AT)
        engineer = make_engineer()
        work_order = make_work_order()
        visit = services.schedule_visit(
            work_order_id=work_order.pk,
            engineer_id=engineer.pk,
            start_at=AT + timedelta(hours=2),
            actor=BOSS,
            at=AT,
        )
        assert visit.policy_version == draft.version


@pytest.mark.django_db
def test_the_preview_names_the_visits_that_would_be_blocked(acme: Company, signed_in: SignedIn) -> None:
    with tenant_active(acme.tenant.pk):
        early = AT - timedelta(days=2)
        late = make_work_order(promised_end_at=early - timedelta(hours=3), site=make_place(name="Late Tower"))
        visit = make_visit(early, work_order=late, status=VisitStatus.DISPATCHED)
        make_visit(early + timedelta(hours=3))
        save(verdicts={"window": "block"})
        draft = queries.policy_of(queries.policies()[0])
        found = queries.impact_of(draft, at=AT)
        assert [judged.visit.pk for judged in found.blocked] == [visit.pk]
        assert found.judged == 2
        assert not queries.impact_of(PRODUCT, at=AT).blocked
    admin = signed_in(acme.ada)
    assert admin.get("/t/acme/settings/policy/preview/").status_code == 200


@pytest.mark.django_db
def test_the_page_saves_a_draft_and_publishes_it(acme: Company, signed_in: SignedIn) -> None:
    admin = signed_in(acme.ada)
    form = {rule.value: PRODUCT.verdict(rule.value) for rule in Rule}
    form |= {f"weight_{o.value}": str(PRODUCT.weight(o.value)) for o in Objective}
    form |= {code: str(PRODUCT.limit(code)) for code in LIMIT_LABELS}
    path = "/t/acme/settings/policy/"
    assert admin.post(path, {**form, "weight_travel": "101"}).status_code == 422
    assert admin.post(path, {**form, "window": "block"}).status_code == 303
    with tenant_active(acme.tenant.pk):
        draft = queries.policies()[0]
        assert draft.verdicts == {"window": "block"}
    assert admin.post(f"{path}publish/", {"version": draft.version}).status_code == 303
    with tenant_active(acme.tenant.pk):
        assert queries.policy_in_force().verdict("window") == "block"
    page = admin.get(path).content.decode()
    assert "is in force" in page
