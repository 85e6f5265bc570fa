"""What people do in a day, one service call each: the demo's seed and its simulator tell the same story."""

from __future__ import annotations

import base64
import io
import math
import random
from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F
from PIL import Image, ImageDraw

from channels.enums import Channel, OutboundStatus
from channels.models import OutboundMessage
from customers.models import Asset
from delivery import queries as evidence
from delivery import services as delivery
from delivery.enums import ItemKind, PhotoKind, SignatureOutcome
from delivery.photos import DRAWING_PREFIX
from dispatch import services as dispatch
from dispatch.enums import VisitStatus
from dispatch.models import Visit, WorkOrder, WorkType
from feedback import services as feedback
from feedback.enums import LinkPurpose, RatingReason
from feedback.links import code_of
from feedback.models import CustomerLink
from fieldservice.demo.days import Job
from inventory.queries import stock_at, van_of
from tenants.actors import Actor
from tickets import services as tickets
from tickets.models import Ticket
from workforce.models import Engineer, EngineerSkill

REPEATS = timedelta(days=30)
AGAIN = 0.1
"""How often the same trouble comes back."""

Facts = dict[str, Any]
Dice = random.Random


def by(facts: Facts, role: str) -> Actor:
    """The machine, under the name of whoever has this role in the company."""
    return Actor.system(facts["people"][role])


def _engineer_of(visit: Visit) -> Actor:
    return Actor.system(visit.engineer.name)


def ask(facts: Facts, dice: Dice, *, at: datetime, codes: Collection[str] = ()) -> Ticket:
    """A customer asks for something (one of these topics), by one channel or another."""
    return _ask(facts, dice, *_trouble(dice, facts, at, codes), at=at)


def _ask(facts: Facts, dice: Dice, asset: Asset, code: str, *, at: datetime) -> Ticket:
    subject, description = next(one[1:] for one in facts["requests"] if one[0] == code)
    site = asset.site
    work_type = WorkType.objects.select_related("topic").get(topic__code=code)
    return tickets.open_ticket(
        subject=subject,
        description=description,
        channel=dice.choice([Channel.PHONE, Channel.EMAIL, Channel.WEB, Channel.API]),
        topic_id=work_type.topic_id,
        priority=work_type.topic.default_priority if work_type.topic else None,
        customer_id=site.customer_id,
        contact_id=site.customer.contacts.values_list("id", flat=True).first(),
        site_id=site.pk,
        asset_id=asset.pk,
        language=facts["language"],
        actor=by(facts, "service_desk"),
        at=at,
    )


def _trouble(dice: Dice, facts: Facts, at: datetime, codes: Collection[str]) -> tuple[Asset, str]:
    """An asset and the topic that it has trouble with: one in ten times what was done there in the weeks before."""
    since = Visit.objects.filter(
        status=VisitStatus.DONE, ended_at__gt=at - REPEATS, ended_at__lt=at, work_order__asset__isnull=False
    )
    done = set(since.values_list("work_order__asset_id", "work_order__work_type__topic__code"))
    known = {asset.pk: asset for asset in Asset.objects.select_related("site__customer").order_by("pk")}
    topics = {name: topics for name, _model, topics in facts["assets"]}
    every = [
        (pk, code)
        for pk, asset in known.items()
        for code in topics.get(asset.name, ())
        if not codes or code in codes
    ]
    again = [one for one in every if one in done]
    fresh = [one for one in every if one not in done]
    pool = again if again and (dice.random() < AGAIN or not fresh) else fresh
    topic = dice.choice(sorted({code for _pk, code in pool}))
    pk, code = dice.choice([one for one in pool if one[1] == topic])
    return known[pk], code


def answer(ticket: Ticket, facts: Facts, *, at: datetime) -> None:
    """The service desk writes that somebody comes."""
    actor = by(facts, "service_desk")
    tickets.reply_to_ticket(ticket_id=ticket.pk, body=facts["words"]["reply"], actor=actor, at=at)


def order_work(facts: Facts, ticket: Ticket, *, at: datetime) -> WorkOrder:
    """The service desk turns a ticket into work."""
    work_type = WorkType.objects.get(topic=ticket.topic)
    return dispatch.create_work_order_from_ticket(
        ticket_id=ticket.pk, work_type_id=work_type.pk, actor=by(facts, "service_desk"), at=at
    )


def advance(visit: Visit, dice: Dice, *, at: datetime) -> None:
    """The engineer's next tap."""
    steps = {
        VisitStatus.SCHEDULED: dispatch.send_visit,
        VisitStatus.DISPATCHED: delivery.accept_visit,
        VisitStatus.ACCEPTED: delivery.start_travel,
        VisitStatus.TRAVELLING: delivery.arrive,
    }
    status = VisitStatus(visit.status)
    if status in steps:
        steps[status](visit_id=visit.pk, actor=_engineer_of(visit), at=at)
    elif status == VisitStatus.ON_SITE:
        do_the_work(visit, dice, at=at)
        delivery.complete_visit(visit_id=visit.pk, actor=_engineer_of(visit), at=at)


def do_the_work(visit: Visit, dice: Dice, *, at: datetime) -> None:
    """Every step of the checklist, sometimes a part, and the customer's signature."""
    submission = evidence.submission_of(visit)
    for item in submission.checklist.items.all() if submission else ():
        _answer(visit, item, dice, at)
    van = van_of(visit.engineer_id)
    if van is not None and dice.random() < 0.5:
        level = next((level for level in stock_at(van.pk) if level.on_hand >= 1), None)
        if level is not None:
            delivery.use_part(
                visit_id=visit.pk,
                part_id=level.part_id,
                quantity=Decimal(1),
                key=f"demo-{visit.pk}-{level.part_id}",
                actor=_engineer_of(visit),
                at=at,
            )
    delivery.sign(
        visit_id=visit.pk,
        outcome=SignatureOutcome.SIGNED,
        signer_name=str(visit.work_order.contact or visit.work_order.customer),
        drawing=scrawl(dice),
        reason="",
        actor=_engineer_of(visit),
        at=at,
    )


def _answer(visit: Visit, item: Any, dice: Dice, at: datetime) -> None:
    if item.kind == ItemKind.PHOTO:
        delivery.add_photo(
            visit_id=visit.pk,
            kind=PhotoKind.AFTER,
            data=picture(dice),
            item_id=item.pk,
            actor=_engineer_of(visit),
            at=at,
        )
        return
    values = {
        ItemKind.CHECK: "pass",
        ItemKind.READING: f"{dice.uniform(1.0, 2.2):.1f}",
        ItemKind.TEXT: dice.choice(["", "OK"]),
    }
    value = values[ItemKind(item.kind)]
    if value:
        delivery.answer_item(
            visit_id=visit.pk, item_id=item.pk, value=value, actor=_engineer_of(visit), at=at
        )


def rate(visit: Visit, facts: Facts, dice: Dice, *, at: datetime) -> None:
    """The customer opens the link and taps a face; most are content."""
    link = CustomerLink.objects.filter(visit=visit, purpose=LinkPurpose.RATE, revoked_at=None).last()
    if link is None:
        return
    score = dice.choices([5, 4, 3, 2, 1], weights=[52, 32, 10, 4, 2])[0]
    feedback.record_response(
        code=code_of(link),
        score=score,
        reasons=dice.sample([reason.value for reason in RatingReason], k=2) if score >= 4 else [],
        comment=dice.choice(facts["comments"]["good" if score >= 4 else "poor"])
        if dice.random() < 0.4
        else "",
        language=facts["language"],
        at=at,
    )


def picture(dice: Dice) -> bytes:
    """A photo such as a phone would take: a boiler room, seen dimly."""
    image = Image.new(
        "RGB", (640, 480), (dice.randint(60, 110), dice.randint(70, 110), dice.randint(80, 120))
    )
    draw = ImageDraw.Draw(image)
    for _ in range(7):
        x, y = dice.randint(0, 560), dice.randint(0, 400)
        shade = dice.randint(40, 200)
        box = (x, y, x + dice.randint(40, 220), y + dice.randint(30, 180))
        draw.rounded_rectangle(
            box, radius=12, fill=(shade, shade - 10, shade - 20), outline=(30, 34, 40), width=3
        )
    held = io.BytesIO()
    image.save(held, "JPEG", quality=70)
    return held.getvalue()


def scrawl(dice: Dice) -> str:
    """A signature such as a finger leaves it, as the phone sends it: a PNG in a data URL."""
    image = Image.new("RGBA", (320, 120), (0, 0, 0, 0))
    points = [(30 + 13 * n, 60 + dice.randint(-34, 34) * (1 - n / 30)) for n in range(20)]
    ImageDraw.Draw(image).line(points, fill=(21, 27, 38, 255), width=3, joint="curve")
    held = io.BytesIO()
    image.save(held, "PNG")
    return f"{DRAWING_PREFIX}{base64.b64encode(held.getvalue()).decode()}"


def able_engineers(order: WorkOrder) -> list[int]:
    """Ids of the engineers who have every skill the work needs; those who can sign in are left out."""
    able = Engineer.objects.filter(membership=None)
    for need in order.work_order_skills.all():
        held = EngineerSkill.objects.filter(skill_id=need.skill_id, level__gte=need.level)
        able = able.filter(pk__in=held.values("engineer_id"))
    return list(able.values_list("id", flat=True))


def by_hand(facts: Facts, dice: Dice, *, start_at: datetime, at: datetime) -> Visit:
    """Work that can wait, planned by hand in a hurry: whoever of those able lives farthest away goes."""
    ticket = ask(facts, dice, at=at, codes=can_wait(facts))
    order = order_work(facts, ticket, at=at)
    site = order.site

    def distance(engineer: Engineer) -> float:
        home = (engineer.home_latitude or 0.0, engineer.home_longitude or 0.0)
        return math.dist(home, (site.latitude or 0.0, site.longitude or 0.0))

    begins, ends = (f"{start_at + timedelta(hours=hours):%H:%M}" for hours in (0, 3))
    on_shift = [
        one["name"] for one in facts["engineers"] if one["shift"][0] <= begins and ends <= one["shift"][1]
    ]
    engineers = Engineer.objects.filter(pk__in=able_engineers(order), name__in=on_shift).order_by("pk")
    busy = Visit.objects.filter(start_at__lt=start_at + timedelta(hours=3), end_at__gt=start_at)
    free = [engineer for engineer in engineers.exclude(visits__in=busy) if engineer.provider_id is None]
    return dispatch.schedule_visit(
        work_order_id=order.pk,
        engineer_id=max(free, key=distance).pk,
        start_at=start_at,
        override_reason=facts["words"]["planned"],
        actor=by(facts, "dispatcher"),
        at=at,
    )


def can_wait(facts: Facts) -> list[str]:
    """The topics that the rule leaves to whoever plans the day."""
    topics = {one["code"]: one["topic"][0] for one in facts["work_types"]}
    return [topic for code, topic in topics.items() if code not in facts["at_once"]]


def past_visit(facts: Facts, dice: Dice, job: Job) -> Visit:
    """One whole visit of the past, told with its times, its evidence and what came of it."""
    ticket = _ask(facts, dice, _asset_at(job), _code_of(job), at=job.ordered_at)
    gap = job.set_out_at - job.ordered_at
    answer(ticket, facts, at=job.ordered_at + min(gap * 0.3, timedelta(minutes=dice.randint(4, 14))))
    order = order_work(facts, ticket, at=job.ordered_at + gap * 0.4)
    visit = dispatch.schedule_visit(
        work_order_id=order.pk,
        engineer_id=job.engineer.pk,
        start_at=job.start_at,
        override_reason=facts["words"]["planned"],
        actor=by(facts, "service_desk"),
        at=job.ordered_at + gap * 0.5,
    )
    for at in (
        job.ordered_at + gap * 0.6,
        job.ordered_at + gap * 0.8,
        job.set_out_at,
        job.arrived_at,
        job.ended_at,
    ):
        visit.refresh_from_db()
        advance(visit, dice, at=at)
    visit.refresh_from_db()
    return visit


def _asset_at(job: Job) -> Asset:
    """What the visit was about: the first thing of its site."""
    return Asset.objects.select_related("site__customer").filter(site=job.place.site).order_by("pk")[0]


def _code_of(job: Job) -> str:
    return job.work_type.topic.code if job.work_type.topic else ""


def post_at_the_time(visits: Collection[Visit]) -> None:
    """All letters that wait are about these past visits: they went out then, and nobody gets them now."""
    waiting = OutboundMessage.objects.filter(status=OutboundStatus.QUEUED)
    for visit in visits:
        for purpose, sent_at in ((LinkPurpose.TRACK, visit.sent_at), (LinkPurpose.RATE, visit.ended_at)):
            waiting.filter(key=f"{purpose}:{visit.pk}").update(created_at=sent_at)
    waiting.update(status=OutboundStatus.SENT, sent_at=F("created_at"))
