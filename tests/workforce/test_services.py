"""What may be done to engineers, by service, page and API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.test import Client

from core.errors import BadInput, Conflict, NotAllowed
from journal.models import AuditEntry
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.workforce import make_engineer, make_skill, make_territory
from workforce import queries, services
from workforce.models import Engineer, Shift

SignedIn = Callable[[Person], Client]


def test_an_engineer_is_added_with_skills_hours_and_territories(in_acme: Company) -> None:
    dora = in_acme.dora.actor
    engineer = services.create_engineer(
        name="Tom", membership_id=in_acme.tom.membership.pk, actor=dora, at=AT
    )
    gas, north = make_skill("gas"), make_territory("North")
    held = [services.Held(gas.pk, 3, date(2027, 1, 1))]
    services.set_engineer_skills(engineer_id=engineer.pk, skills=held, actor=dora, at=AT)
    services.set_shifts(engineer_id=engineer.pk, weekly={0: [(time(9), time(17))]}, actor=dora, at=AT)
    services.assign_territories(engineer_id=engineer.pk, territory_ids=[north.pk], actor=dora, at=AT)
    services.add_absence(
        engineer_id=engineer.pk,
        start_at=AT + timedelta(hours=4),
        end_at=AT + timedelta(hours=5),
        actor=dora,
        at=AT,
    )
    found = queries.get_engineer(engineer.pk)
    assert [str(s) for s in found.engineer_skills.all()] == ["Gas 3"]
    assert queries.find_engineer_of(in_acme.tom.actor) == engineer
    working = queries.working_intervals(found, AT, AT + timedelta(days=1))
    assert working == [(AT, AT + timedelta(hours=4)), (AT + timedelta(hours=5), AT + timedelta(hours=8))]
    assert AuditEntry.objects.filter(object_type="workforce.engineer").count() == 5


def test_saying_the_skills_anew_takes_away_what_is_not_named(in_acme: Company) -> None:
    engineer = make_engineer(skills={"gas": 2, "water": 1})
    held = [services.Held(make_skill("gas").pk, 4)]
    services.set_engineer_skills(engineer_id=engineer.pk, skills=held, actor=in_acme.dora.actor, at=AT)
    assert [(s.skill.code, s.level) for s in engineer.engineer_skills.all()] == [("gas", 4)]


def test_bad_input_is_named(in_acme: Company) -> None:
    dora, engineer = in_acme.dora.actor, make_engineer()
    with pytest.raises(BadInput, match="from 1 to 5"):
        services.set_engineer_skills(
            engineer_id=engineer.pk, skills=[services.Held(make_skill("gas").pk, 9)], actor=dora, at=AT
        )
    with pytest.raises(BadInput, match="both latitude and longitude"):
        services.create_engineer(name="x", home_latitude=1.0, actor=dora, at=AT)
    with pytest.raises(BadInput, match="ends before it starts"):
        services.add_absence(engineer_id=engineer.pk, start_at=AT, end_at=AT, actor=dora, at=AT)
    with pytest.raises(Conflict, match="choose another code"):
        services.create_skill(code="gas", name="Gas again", actor=dora, at=AT)


def test_who_may_not_edit_is_refused(in_acme: Company) -> None:
    with pytest.raises(NotAllowed, match="Change engineers and skills"):
        services.create_engineer(name="x", actor=in_acme.stan.actor, at=AT)


def test_pages_show_and_save(acme: Company, signed_in: SignedIn) -> None:
    dora = signed_in(acme.dora)
    with tenant_active(acme.tenant.pk):
        engineer, gas = make_engineer("Tom Lane"), make_skill("gas")
    assert "Tom Lane" in dora.get("/t/acme/engineers/").content.decode()
    assert dora.get(f"/t/acme/engineers/{engineer.pk}/").status_code == 200
    saved = dora.post(
        f"/t/acme/engineers/{engineer.pk}/skills/", {f"level_{gas.pk}": "3", f"until_{gas.pk}": "2027-01-01"}
    )
    assert saved.status_code == 303
    assert dora.post(f"/t/acme/engineers/{engineer.pk}/week/", {"day_0": "9-17:30"}).status_code == 303
    wrong = dora.post(f"/t/acme/engineers/{engineer.pk}/week/", {"day_0": "nine"})
    assert wrong.status_code == 422 and "is not working time" in wrong.content.decode()
    with tenant_active(acme.tenant.pk):
        assert Shift.objects.get(engineer=engineer).ends == time(17, 30)
        assert engineer.engineer_skills.get().level == 3
    assert dora.post("/t/acme/engineers/new/", {"name": "New One", "is_active": "on"}).status_code == 303
    for path in ("skills/", "territories/", "engineers/new/", f"board/loads/?ids={engineer.pk}"):
        assert dora.get(f"/t/acme/{path}").status_code == 200


def test_the_api_adds_and_changes(acme: Company, program: Callable[..., Client]) -> None:
    api = program(acme)
    with tenant_active(acme.tenant.pk):
        gas = make_skill("gas")
    body = {
        "name": "Tom",
        "skills": [{"skill": gas.pk, "level": 2}],
        "shifts": [{"weekday": 0, "starts": "09:00", "ends": "17:00"}],
    }
    made = api.post("/api/v1/engineers", body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["skills"][0]["level"] == 2
    changed = api.patch(
        f"/api/v1/engineers/{made.json()['id']}",
        {"is_active": False, "skills": []},
        content_type="application/json",
    )
    assert changed.json()["skills"] == []
    with tenant_active(acme.tenant.pk):
        assert not Engineer.objects.get().is_active
    skill = api.post("/api/v1/skills", {"code": "water", "name": "Water"}, content_type="application/json")
    assert skill.status_code == 201
    again = api.post("/api/v1/skills", {"code": "water", "name": "Water"}, content_type="application/json")
    assert again.status_code in (400, 409)


def test_a_provider_sees_only_its_own_engineers(acme: Company, signed_in: SignedIn) -> None:
    with tenant_active(acme.tenant.pk):
        theirs = services.create_provider(
            code="partnerworks", name="Partnerworks", actor=acme.dora.actor, at=AT
        )
        make_engineer("Partner Paul", provider=theirs)
        make_engineer("Acme Tom")
    page = signed_in(acme.pia).get("/t/acme/board/").content.decode()
    assert "Partner Paul" in page
    assert "Acme Tom" not in page
