"""Costs, certificates, pairs, crews, providers and capacity rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from journal.models import AuditEntry
from notices.models import Notice
from notices.wording import said
from tests.cast import AT, Company
from tests.factories.workforce import make_engineer, make_skill, make_territory
from workforce import queries, services
from workforce.models import CapacityRule, Crew, EngineerPair
from workforce.services.certificates import KEEPER

TODAY = date(2026, 11, 23)


def test_costs_and_limits_are_kept_and_recorded(in_acme: Company) -> None:
    dora, engineer = in_acme.dora.actor, make_engineer()
    services.update_engineer(
        engineer_id=engineer.pk,
        hour_cost_minor=4_200,
        km_cost_minor=60,
        overtime_minutes=90,
        overtime_percent=150,
        max_travel_minutes=45,
        actor=dora,
        at=AT,
    )
    engineer.refresh_from_db()
    assert (engineer.hour_cost_minor, engineer.max_travel_minutes) == (4_200, 45)
    assert AuditEntry.objects.latest("pk").changes["overtime_minutes"] == [0, 90]
    with pytest.raises(BadInput, match="720"):
        services.update_engineer(engineer_id=engineer.pk, overtime_minutes=721, actor=dora, at=AT)
    with pytest.raises(BadInput, match="100 to 500"):
        services.update_engineer(engineer_id=engineer.pk, overtime_percent=90, actor=dora, at=AT)


def test_who_keeps_engineers_is_told_once_before_a_certificate_ends(in_acme: Company) -> None:
    dora, gas, water = in_acme.dora.actor, make_skill("gas"), make_skill("water")
    tom = make_engineer("Tom")
    held = [
        services.Held(gas.pk, 3, TODAY + timedelta(days=30), "G-17"),
        services.Held(water.pk, 1, TODAY + timedelta(days=31)),
    ]
    services.set_engineer_skills(engineer_id=tom.pk, skills=held, actor=dora, at=AT)
    gone = make_engineer(is_active=False)
    services.set_engineer_skills(engineer_id=gone.pk, skills=held, actor=dora, at=AT)
    assert services.tell_of_certificates_here(actor=KEEPER, at=AT) == 2
    assert services.tell_of_certificates_here(actor=KEEPER, at=AT) == 0
    told = {notice.membership_id for notice in Notice.objects.all()}
    assert told == {in_acme.dora.membership.pk, in_acme.ada.membership.pk}
    words = said(Notice.objects.first())  # type: ignore[arg-type]
    assert words.title == "Tom: the certificate for Gas ends on Dec. 23, 2026"
    assert "G-17" in words.detail
    renewed = [services.Held(gas.pk, 3, TODAY + timedelta(days=29), "G-18")]
    services.set_engineer_skills(engineer_id=tom.pk, skills=renewed, actor=dora, at=AT)
    assert services.tell_of_certificates_here(actor=KEEPER, at=AT) == 2


def test_a_pair_is_the_same_from_both_sides(in_acme: Company) -> None:
    dora, tom, ben = in_acme.dora.actor, make_engineer("Tom"), make_engineer("Ben")
    services.set_pair(engineer_id=ben.pk, other_id=tom.pk, liking="preferred", actor=dora, at=AT)
    services.set_pair(
        engineer_id=tom.pk, other_id=ben.pk, liking="excluded", reason="brothers", actor=dora, at=AT
    )
    pair = EngineerPair.objects.get()
    assert (pair.first, pair.second, pair.liking) == (tom, ben, "excluded")
    assert list(queries.pairs_of(ben.pk)) == [pair]
    for wrong in ({"other_id": tom.pk, "liking": "preferred"}, {"other_id": ben.pk, "liking": "x"}):
        with pytest.raises(BadInput):
            services.set_pair(engineer_id=tom.pk, **wrong, actor=dora, at=AT)  # type: ignore[arg-type]
    services.remove_pair(pair_id=pair.pk, actor=dora, at=AT)
    services.remove_pair(pair_id=pair.pk, actor=dora, at=AT)
    assert not EngineerPair.objects.exists()


def test_a_crew_has_members_and_perhaps_a_lead(in_acme: Company) -> None:
    dora = in_acme.dora.actor
    tom, ben, kim = (make_engineer(name).pk for name in ("Tom", "Ben", "Kim"))
    crew = services.create_crew(
        code="lift", name="Lift", member_ids=[tom, ben], lead_id=ben, actor=dora, at=AT
    )
    assert _members(crew) == [("Ben", True), ("Tom", False)]
    services.update_crew(crew_id=crew.pk, member_ids=[kim, ben], lead_id=kim, actor=dora, at=AT)
    assert _members(crew) == [("Kim", True), ("Ben", False)]
    services.update_crew(crew_id=crew.pk, name="Lifts", is_active=False, actor=dora, at=AT)
    assert _members(crew) == [("Kim", True), ("Ben", False)]
    for members, lead, why in (
        ([tom], None, "at least two"),
        ([tom, ben], kim, "of the crew"),
        ([tom, 987_654], None, "not here"),
    ):
        with pytest.raises(BadInput, match=why):
            services.update_crew(crew_id=crew.pk, member_ids=members, lead_id=lead, actor=dora, at=AT)
    with pytest.raises(Conflict, match="another code"):
        services.create_crew(code="lift", name="x", member_ids=[tom, ben], actor=dora, at=AT)
    with pytest.raises(NotFound):
        services.update_crew(crew_id=987_654, name="x", actor=dora, at=AT)


def _members(crew: Crew) -> list[tuple[str, bool]]:
    return [(m.engineer.name, m.is_lead) for m in queries.get_crew(crew.pk).crew_members.all()]


def test_a_provider_has_a_scope_and_terms(in_acme: Company) -> None:
    dora, gas, north = in_acme.dora.actor, make_skill("gas"), make_territory("North")
    provider = services.create_provider(
        code="partner", name="Partner", accept_minutes=45, visits_a_day=6, actor=dora, at=AT
    )
    services.update_provider(
        provider_id=provider.pk, skill_ids=[gas.pk], territory_ids=[north.pk], actor=dora, at=AT
    )
    count = AuditEntry.objects.count()
    services.update_provider(
        provider_id=provider.pk, skill_ids=[gas.pk], territory_ids=[north.pk], actor=dora, at=AT
    )
    assert AuditEntry.objects.count() == count
    make_engineer("Paul", provider=provider)
    found = queries.providers_with_scope().get()
    assert (list(found.skills.all()), list(found.territories.all())) == ([gas], [north])
    assert found.lends == 1  # type: ignore[attr-defined]
    services.update_provider(provider_id=provider.pk, is_active=False, actor=dora, at=AT)
    with pytest.raises(BadInput, match="one minute to a week"):
        services.update_provider(provider_id=provider.pk, accept_minutes=0, actor=dora, at=AT)
    with pytest.raises(NotAllowed):
        services.update_provider(provider_id=provider.pk, name="x", actor=in_acme.sora.actor, at=AT)


def test_a_capacity_rule_is_one_for_its_place(in_acme: Company) -> None:
    dora, north = in_acme.dora.actor, make_territory("North")
    rule = services.create_capacity_rule(
        territory_id=north.pk, weekday=0, reserve_percent=20, actor=dora, at=AT
    )
    with pytest.raises(Conflict):
        services.create_capacity_rule(territory_id=north.pk, weekday=0, reserve_percent=10, actor=dora, at=AT)
    with pytest.raises(BadInput, match="does nothing"):
        services.update_capacity_rule(rule_id=rule.pk, reserve_percent=0, actor=dora, at=AT)
    with pytest.raises(BadInput, match="100 per cent"):
        services.update_capacity_rule(rule_id=rule.pk, reserve_percent=101, actor=dora, at=AT)
    services.update_capacity_rule(rule_id=rule.pk, max_minutes=600, actor=dora, at=AT)
    services.remove_capacity_rule(rule_id=rule.pk, actor=dora, at=AT)
    services.remove_capacity_rule(rule_id=rule.pk, actor=dora, at=AT)
    assert not CapacityRule.objects.exists()
