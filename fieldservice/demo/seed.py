"""Founding a demo company: everything through the services that people use."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils.translation import override

from accounts import services as accounts
from accounts.enums import RoleCode
from accounts.models import Membership, User
from billing import services as billing
from billing.enums import ChargeKind
from channels import services as channels
from core.calendars import WEEKDAYS
from core.clock import now
from core.spans import whole_days
from customers import services as customers
from customers.models import Customer
from delivery import services as delivery
from dispatch import services as dispatch
from dispatch.enums import Strategy
from fieldservice.demo.days import weekly_hours
from inventory import services as inventory
from inventory.enums import LocationKind
from notices import services as notices
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.models import Tenant
from tenants.queries import find_tenant
from tenants.services import create_tenant
from tickets import services as tickets
from workforce import services as workforce
from workforce.enums import Liking
from workforce.models import Skill
from workforce.queries import active_engineers
from workforce.services import Held, ShiftPause

DATA = Path(__file__).parent / "data"
PASSWORD = "try-fieldservice-1"  # noqa: S105  printed by the demo for everybody to see
COMPANIES = ("acme", "globex")
SEED = Actor.system("Fieldservice")
GREETINGS = {"en": "Hello! How can we help?", "ja": "こんにちは。どうなさいましたか？"}


@dataclass
class Founding:
    """What the later steps of a founding need of the earlier ones."""

    tenant: Tenant
    members: dict[str, Membership] = field(default_factory=dict)


def read_company(slug: str) -> dict[str, Any]:
    """The company's description: people, engineers, customers, prices."""
    found: dict[str, Any] = json.loads((DATA / f"{slug}.json").read_text(encoding="utf-8"))
    return found


def found_company(slug: str, *, at: datetime) -> Tenant:
    """Found one demo company, or raise when it exists: seeding is done once."""
    facts = read_company(slug)
    if find_tenant(slug) is not None:
        raise ValueError(f"The company {slug} exists already; the demo keeps its data.")
    names = ("name", "language", "time_zone", "currency", "tax_registration", "address", "phone", "email")
    tenant = create_tenant(
        slug=slug,
        tax_rate_percent=Decimal(facts["tax_rate_percent"]),
        **{name: facts[name] for name in names},
    )
    founding = Founding(tenant)
    with tenant_active(tenant.pk), override(facts["language"]):
        _add_people(founding, facts, at)
        _add_workforce(founding, facts, at)
        _add_work_types(facts, at)
        _add_stock(facts, at)
        _add_customers(facts, at)
        _add_likings(facts, at)
        _add_promises(facts, at)
        _add_chat(facts, at)
        _add_roster(founding, at)
    return tenant


def email_of(slug: str, role: str) -> str:
    """The sign-in of a demo role: `dispatcher@acme.example`."""
    return f"{role.replace('_', '-')}@{slug}.example"


def _add_people(founding: Founding, facts: dict[str, Any], at: datetime) -> None:
    accounts.create_default_roles(actor=SEED)
    for role, name in facts["people"].items():
        founding.members[role] = accounts.add_member(
            email=email_of(facts["slug"], role),
            name=name,
            role_code=role,
            actor=SEED,
            at=at,
            language=facts["language"],
            provider_code=facts["provider"][0] if role == RoleCode.PROVIDER_MANAGER else "",
        )
    # One slow hash for all of them: the password is printed for everybody anyway.
    members = [membership.user_id for membership in founding.members.values()]
    User.objects.filter(pk__in=members).update(password=make_password(PASSWORD))


def _add_workforce(founding: Founding, facts: dict[str, Any], at: datetime) -> None:
    terms = facts["workforce"]
    skills = {
        code: workforce.create_skill(code=code, name=name, actor=SEED, at=at).pk
        for code, name in facts["skills"]
    }
    territories = {
        code: workforce.create_territory(code=code, name=name, areas=areas, actor=SEED, at=at).pk
        for code, name, areas in facts["territories"]
    }
    provider = workforce.create_provider(
        code=facts["provider"][0],
        name=facts["provider"][1],
        skill_ids=[skills[code] for code in terms["scope"][0]],
        territory_ids=[territories[code] for code in terms["scope"][1]],
        visits_a_day=12,
        actor=SEED,
        at=at,
    )
    people = []
    for index, one in enumerate(facts["engineers"]):
        membership = founding.members["engineer"] if index == 0 else None
        engineer = workforce.create_engineer(
            name=one["name"],
            actor=SEED,
            at=at,
            phone=one["phone"],
            membership_id=membership.pk if membership else None,
            provider_id=provider.pk if index >= len(facts["engineers"]) - 2 else None,
            home_latitude=one["home"][0],
            home_longitude=one["home"][1],
            hour_cost_minor=terms["hour_cost"] + terms["hour_cost"] // 20 * (index % 4),
            km_cost_minor=terms["km_cost"],
            overtime_minutes=60,
        )
        people.append(engineer.pk)
        workforce.set_engineer_skills(
            engineer_id=engineer.pk, skills=_held(one, index, skills, terms), actor=SEED, at=at
        )
        workforce.assign_territories(
            engineer_id=engineer.pk,
            territory_ids=[territories[code] for code in one["territories"]],
            actor=SEED,
            at=at,
        )
        _give_week(engineer.pk, one, at)
    _add_agreements(founding.tenant, terms, people, territories, at)


def _held(one: dict[str, Any], index: int, skills: dict[str, int], terms: dict[str, Any]) -> list[Held]:
    """The engineer's skills; one needs a certificate, and the first to end does so twelve days from today."""
    certified, prefix = terms["certified"]
    held = []
    for code, level in one["skills"]:
        if code == certified:
            until = (now() + timedelta(days=12 + 29 * index)).date()
            held.append(Held(skills[code], level, until, f"{prefix}{2041 + 17 * index}"))
        else:
            held.append(Held(skills[code], level))
    return held


def _give_week(engineer_id: int, one: dict[str, Any], at: datetime) -> None:
    """The same shift every day, with a break somewhere in its middle."""
    starts, ends = (time.fromisoformat(text) for text in one["shift"])
    pause = ShiftPause(
        starts.replace(hour=(starts.hour + 4) % 24), starts.replace(hour=(starts.hour + 5) % 24), 30
    )
    workforce.set_shifts(
        engineer_id=engineer_id,
        weekly={day: [(starts, ends)] for day in range(7)},
        breaks={(day, starts): [pause] for day in range(7)},
        actor=SEED,
        at=at,
    )


def _add_agreements(
    tenant: Tenant, terms: dict[str, Any], people: list[int], territories: dict[str, int], at: datetime
) -> None:
    """A crew, a reserve for emergencies and somebody's training three days from today."""
    code, name, members, lead = terms["crew"]
    workforce.create_crew(
        code=code,
        name=name,
        member_ids=[people[index] for index in members],
        lead_id=people[lead],
        actor=SEED,
        at=at,
    )
    place, percent, priority, hours = terms["reserve"]
    workforce.create_capacity_rule(
        territory_id=territories[place],
        reserve_percent=percent,
        up_to_priority=priority,
        released_hours=hours,
        actor=SEED,
        at=at,
    )
    away, reason = terms["absence"]
    day = now().astimezone(tenant.zone).date() + timedelta(days=3)
    start, end = whole_days(day, day, tenant.zone)
    workforce.add_absence(
        engineer_id=people[away], start_at=start, end_at=end, reason=reason, actor=SEED, at=at
    )


def _add_work_types(facts: dict[str, Any], at: datetime) -> None:
    skills = dict(Skill.objects.values_list("code", "pk"))
    name, *hours = facts["business_hours"]
    calendar = tickets.create_calendar(name=name, weekly={d: [hours] for d in WEEKDAYS}, actor=SEED, at=at)
    for one in facts["work_types"]:
        code, name, priority = one["topic"]
        topic = tickets.create_topic(code=code, name=name, default_priority=priority, actor=SEED, at=at)
        work_type = dispatch.create_work_type(
            code=one["code"],
            name=one["name"],
            duration_minutes=one["minutes"],
            topic_id=topic.pk,
            skills={skills[code]: level for code, level in one["skills"]},
            calendar_id=None if one["code"] in facts["at_once"] else calendar.pk,
            actor=SEED,
            at=at,
        )
        items = [
            {
                "kind": kind,
                "label": label,
                "minimum": Decimal(low) if low else None,
                "maximum": Decimal(high) if high else None,
                "unit": unit,
                "is_required": required,
            }
            for kind, label, low, high, unit, required in facts["checklist"]
        ]
        delivery.create_checklist(work_type_id=work_type.pk, name=one["name"], items=items, actor=SEED, at=at)


def _add_stock(facts: dict[str, Any], at: datetime) -> None:
    store = inventory.create_location(
        code="store", name=facts["words"]["store"], kind=LocationKind.STORE, actor=SEED, at=at
    )
    vans = [
        inventory.create_location(
            code=f"van-{engineer.pk}",
            name=engineer.name,
            kind=LocationKind.VAN,
            engineer_id=engineer.pk,
            actor=SEED,
            at=at,
        )
        for engineer in active_engineers()
    ]
    for number, (code, name, price) in enumerate(facts["parts"]):
        part = inventory.create_part(code=code, name=name, price_minor=price, actor=SEED, at=at)
        for location, quantity in [(store, 60), *((van, 6) for van in vans[number % 2 :: 2])]:
            inventory.receive_stock(
                part_id=part.pk,
                location_id=location.pk,
                quantity=Decimal(quantity),
                key=f"opening-{part.pk}-{location.pk}",
                actor=SEED,
                at=at,
                reason=facts["words"]["opening"],
            )


def _add_customers(facts: dict[str, Any], at: datetime) -> None:
    for index, one in enumerate(facts["customers"]):
        customer = customers.create_customer(
            name=one["customer"],
            tier=one["tier"],
            language=facts["language"],
            billing_address=one["address"],
            email=f"billing{index}@customer.example",
            actor=SEED,
            at=at,
        )
        customers.add_contact(
            customer_id=customer.pk,
            name=one["contact"],
            reading=one.get("reading", ""),
            email=f"contact{index}@customer.example",
            phone=f"+1 646 555 {2000 + index:04d}"
            if facts["currency"] == "USD"
            else f"03-5555-{2000 + index}",
            language=facts["language"],
            actor=SEED,
            at=at,
        )
        site = customers.add_site(
            customer_id=customer.pk,
            name=one["site"],
            address=one["address"],
            area=one["area"],
            latitude=one["at"][0],
            longitude=one["at"][1],
            access_notes=one["notes"],
            actor=SEED,
            at=at,
        )
        for place, (name, model, _topics) in enumerate(facts["assets"]):
            customers.add_asset(
                site_id=site.pk,
                name=name,
                model=model,
                serial=f"SN-{index:03d}{place:02d}",
                actor=SEED,
                at=at,
            )
        if (hours := weekly_hours(one["hours"])) is not None:
            weekly = {day: [span] for day, span in hours.items()}
            customers.set_site_hours(site_id=site.pk, weekly=weekly, actor=SEED, at=at)


def _add_likings(facts: dict[str, Any], at: datetime) -> None:
    """One customer has an engineer of their own."""
    customer, engineer, reason = facts["workforce"]["preferred"]
    dispatch.set_preference(
        customer_id=Customer.objects.order_by("pk")[customer].pk,
        engineer_id=active_engineers().order_by("pk")[engineer].pk,
        liking=Liking.PREFERRED,
        reason=reason,
        actor=SEED,
        at=at,
    )


def _add_roster(founding: Founding, at: datetime) -> None:
    """The service desk and the dispatcher take turns on call, week by week, from Monday morning."""
    zone = founding.tenant.zone
    today = at.astimezone(zone).date()
    monday = datetime.combine(today - timedelta(days=today.weekday()), time(8), zone)
    for number, role in enumerate((RoleCode.SERVICE_DESK, RoleCode.DISPATCHER)):
        notices.add_duty(
            membership_id=founding.members[role].pk,
            from_at=monday + timedelta(weeks=number),
            until_at=monday + timedelta(weeks=number + 1),
            every_weeks=2,
            actor=SEED,
            at=at,
        )


def _add_chat(facts: dict[str, Any], at: datetime) -> None:
    """A chat: the company's own public pages show it."""
    channels.add_account(
        adapter="widget",
        name=facts["words"]["website"],
        address="http://localhost",
        options={"greeting": GREETINGS[facts["language"]]},
        secrets={},
        actor=SEED,
        at=at,
    )


def _add_promises(facts: dict[str, Any], at: datetime) -> None:
    for name, priority, tier, response, arrival, resolution in facts["policies"]:
        policy = tickets.create_policy(
            name=name,
            priority=priority,
            tier=tier,
            first_response_minutes=response,
            arrival_minutes=arrival,
            resolution_minutes=resolution,
            actor=SEED,
            at=at,
        )
        tickets.add_usual_escalations(policy_id=policy.pk, actor=SEED, at=at)
    for kind in (ChargeKind.LABOUR, ChargeKind.TRAVEL):
        billing.set_price(
            kind=kind,
            name=str(kind.label),
            unit_price_minor=facts["prices"][kind.value],
            valid_from=(at - timedelta(days=365)).date(),
            actor=SEED,
            at=at,
        )
    # Breakdowns go to somebody at once; inspections and upkeep wait for whoever plans the day.
    dispatch.create_rule(
        name=facts["words"]["rule"],
        position=1,
        conditions={"work_types": facts["at_once"]},
        strategy=Strategy.EARLIEST,
        actor=SEED,
        at=at,
    )
