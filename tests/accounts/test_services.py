"""People, roles, tokens and the company's facts."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accounts import queries, services
from accounts.enums import Permission, RoleCode
from accounts.models import Membership, Role
from accounts.rules import lacking, role_code
from accounts.services import people
from accounts.services.grants import check_someone_still_manages
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from journal.models import AuditEntry
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, PASSWORD, Company
from tests.journal.facts import in_threads

P = Permission


def _latest(verb: str) -> AuditEntry:
    return AuditEntry.objects.filter(verb=verb).latest("id")


@pytest.fixture
def lena(in_acme: Company) -> Actor:
    """A team leader: manages people, but may hardly do anything herself."""
    role = services.create_role(
        name="Team leader", permissions=[P.MEMBER_MANAGE, P.WORK_VIEW], actor=in_acme.ada.actor, at=AT
    )
    member = services.add_member(
        email="lena@acme.example", name="Lena", role_code=role.code, actor=in_acme.ada.actor, at=AT
    )
    return queries.actor_of(member)


def test_a_person_is_let_in_with_a_link_for_a_password(in_acme: Company) -> None:
    member, path = services.invite_member(
        email="New@Acme.example", name="Nora", role_code="dispatcher", actor=in_acme.ada.actor, at=AT
    )
    assert member.user.email == "new@acme.example"
    assert not member.user.has_usable_password()
    assert path.startswith("/accounts/password/reset/key/")
    assert _latest("added").changes == {"role": "Dispatcher"}


def test_a_person_of_another_tenant_keeps_the_sign_in(in_acme: Company, globex: Company) -> None:
    mallory = globex.mallory.user
    member, path = services.invite_member(
        email=mallory.email, name="X", role_code="dispatcher", actor=in_acme.ada.actor, at=AT
    )
    assert (path, str(member), member.is_active, member.is_waiting) == ("", "X", False, True)
    assert member.user_id == mallory.pk
    assert member.user.check_password(PASSWORD)
    with pytest.raises(Conflict, match="Forgot your password"):
        services.make_password_link(membership_id=member.pk, actor=in_acme.ada.actor, at=AT)


def test_nobody_belongs_twice(in_acme: Company) -> None:
    with pytest.raises(Conflict, match="already belongs here"):
        services.add_member(
            email=in_acme.tom.user.email, name="Tom", role_code="engineer", actor=in_acme.ada.actor, at=AT
        )


def test_a_role_changes_and_the_record_says_so(in_acme: Company) -> None:
    member = services.change_role(
        membership_id=in_acme.dora.membership.pk,
        role_code=RoleCode.SERVICE_DESK,
        actor=in_acme.ada.actor,
        at=AT,
    )
    assert member.role.code == "service_desk"
    assert _latest("changed").changes == {"role": ["Dispatcher", "Service desk"]}


def test_a_person_let_out_finds_no_tenant_and_may_return(in_acme: Company) -> None:
    dora = in_acme.dora
    services.deactivate_member(membership_id=dora.membership.pk, actor=in_acme.ada.actor, at=AT)
    assert queries.find_membership(dora.user) is None
    services.activate_member(membership_id=dora.membership.pk, actor=in_acme.ada.actor, at=AT)
    assert queries.find_membership(dora.user) == dora.membership


@pytest.mark.parametrize("act", ["deactivate", "demote", "weaken"])
def test_the_last_who_manages_people_stays(in_acme: Company, act: str) -> None:
    system, ada = Actor.system("tests"), in_acme.ada.membership
    with pytest.raises(Conflict, match="Nobody would be left"):
        if act == "deactivate":
            services.deactivate_member(membership_id=ada.pk, actor=system, at=AT)
        elif act == "demote":
            services.change_role(membership_id=ada.pk, role_code="engineer", actor=system, at=AT)
        else:
            services.update_role(role_id=ada.role_id, permissions=[P.TICKET_VIEW], actor=system, at=AT)
    ada.refresh_from_db()
    assert ada.is_active
    assert ada.role.code == "tenant_admin"
    assert P.MEMBER_MANAGE in Role.objects.get(code="tenant_admin").permissions


def _put_each_other_out(acme: Company) -> list[str]:
    """Ada and Dirk, both admins, let each other out at the same moment."""
    with tenant_active(acme.tenant.pk):
        second = services.change_role(
            membership_id=acme.dirk.membership.pk, role_code="tenant_admin", actor=acme.ada.actor, at=AT
        )
        pairs = [(queries.actor_of(second), acme.ada.membership), (acme.ada.actor, second)]

    def put_out() -> str:
        actor, other = pairs.pop()
        try:
            with tenant_active(acme.tenant.pk):
                services.deactivate_member(membership_id=other.pk, actor=actor, at=AT)
        except Conflict:
            return "refused"
        return "done"

    return sorted(in_threads(2, put_out))


@pytest.mark.django_db(transaction=True)
def test_two_admins_cannot_put_each_other_out_at_once(acme: Company) -> None:
    assert _put_each_other_out(acme) == ["done", "refused"]
    with tenant_active(acme.tenant.pk):
        assert queries.someone_manages_people()


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_they_would(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: each sees the other still there, when nobody waits for anybody."""
    both_changed, both_checked = (threading.Barrier(2, timeout=20) for _ in range(2))

    def check_together() -> None:
        if not queries.members().filter(is_active=False).exists():
            return check_someone_still_manages()
        both_changed.wait()
        check_someone_still_manages()
        both_checked.wait()

    monkeypatch.setattr(people, "lock_roles", lambda: {r.pk: r for r in Role.objects.all()})
    monkeypatch.setattr(people, "check_someone_still_manages", check_together)
    assert _put_each_other_out(acme) == ["done", "done"]


def test_nobody_puts_themselves_out(in_acme: Company) -> None:
    with pytest.raises(Conflict, match="yourself"):
        services.deactivate_member(membership_id=in_acme.ada.membership.pk, actor=in_acme.ada.actor, at=AT)


ESCALATIONS: dict[str, Any] = {
    "let an admin in": lambda lena, acme: services.add_member(
        email="x@acme.example", name="X", role_code="tenant_admin", actor=lena, at=AT
    ),
    "become an admin": lambda lena, acme: services.change_role(
        membership_id=lena.membership_id, role_code="tenant_admin", actor=lena, at=AT
    ),
    "take an admin's role": lambda lena, acme: services.change_role(
        membership_id=acme.ada.membership.pk, role_code="engineer", actor=lena, at=AT
    ),
    "put an admin out": lambda lena, acme: services.deactivate_member(
        membership_id=acme.ada.membership.pk, actor=lena, at=AT
    ),
    "enter as an admin": lambda lena, acme: services.make_password_link(
        membership_id=acme.ada.membership.pk, actor=lena, at=AT
    ),
    "widen the own role": lambda lena, acme: services.update_role(
        role_id=Role.objects.get(name="Team leader").pk,
        permissions=[P.MEMBER_MANAGE, P.WORK_VIEW, P.INVOICE_ISSUE],
        actor=lena,
        at=AT,
    ),
    "make a stronger role": lambda lena, acme: services.create_role(
        name="Boss", permissions=[P.TENANT_MANAGE], actor=lena, at=AT
    ),
}


@pytest.mark.parametrize("act", ESCALATIONS)
def test_nobody_gives_or_takes_what_they_do_not_hold(in_acme: Company, lena: Actor, act: str) -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(NotAllowed, match="without having it"):
        ESCALATIONS[act](lena, in_acme)
    assert AuditEntry.objects.count() == before


def test_a_token_can_do_no_more_than_its_maker(in_acme: Company) -> None:
    keeper = Actor("member", "Kim", frozenset({P.TOKEN_MANAGE, P.TICKET_VIEW}))
    with pytest.raises(NotAllowed, match="Issue invoices"):
        services.create_token(name="x", scopes=[P.INVOICE_ISSUE], actor=keeper, at=AT)
    token, secret = services.create_token(name="x", scopes=[P.TICKET_VIEW], actor=keeper, at=AT)
    assert secret.startswith(token.prefix)
    assert secret not in str(vars(token)), "only the hash is kept"


@pytest.mark.parametrize(
    ("scopes", "days", "complaint"),
    [([], 1, "at least one"), (["fly"], 1, "fly"), (["ticket_view"], -1, "expired already")],
)
def test_senseless_tokens_are_refused(in_acme: Company, scopes: list[str], days: int, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        services.create_token(
            name="x", scopes=scopes, actor=in_acme.ada.actor, at=AT, expires_at=AT + timedelta(days=days)
        )


WITHOUT_PERMISSION: dict[str, Any] = {
    "add_member": {"email": "x@y.example", "name": "X", "role_code": "engineer"},
    "change_role": {"membership_id": 0, "role_code": "engineer"},
    "create_role": {"name": "X", "permissions": []},
    "create_token": {"name": "X", "scopes": ["work_view"]},
    "update_company": {"name": "X"},
}


@pytest.mark.parametrize("name", WITHOUT_PERMISSION)
def test_a_dispatcher_may_do_none_of_it(in_acme: Company, name: str) -> None:
    facts = WITHOUT_PERMISSION[name]
    if "membership_id" in facts:
        facts = {**facts, "membership_id": in_acme.tom.membership.pk}
    with pytest.raises(NotAllowed):
        getattr(services, name)(**facts, actor=in_acme.dora.actor, at=AT)


def test_a_rivals_person_role_and_token_do_not_exist(in_acme: Company, globex: Company) -> None:
    actor = in_acme.ada.actor
    with tenant_active(globex.tenant.pk):
        token, _ = services.create_token(name="g", scopes=["work_view"], actor=globex.mallory.actor, at=AT)
    greg = globex.greg.membership
    for act in (
        lambda: services.change_role(membership_id=greg.pk, role_code="engineer", actor=actor, at=AT),
        lambda: services.deactivate_member(membership_id=greg.pk, actor=actor, at=AT),
        lambda: services.make_password_link(membership_id=greg.pk, actor=actor, at=AT),
        lambda: services.update_role(role_id=greg.role_id, permissions=[], actor=actor, at=AT),
        lambda: services.revoke_token(token_id=token.pk, actor=actor, at=AT),
    ):
        with pytest.raises(NotFound):
            act()


def test_the_companys_facts_change_and_are_on_record(in_acme: Company) -> None:
    tenant = services.update_company(
        actor=in_acme.ada.actor, at=AT, name="Acme K.K.", tax_rate_percent=8, time_zone="Asia/Tokyo"
    )
    assert tenant.name == "Acme K.K."
    assert _latest("changed").changes["name"] == ["Acme Service", "Acme K.K."]
    assert "time_zone" not in _latest("changed").changes


@pytest.mark.parametrize("facts", [{"time_zone": "Mars/Olympus"}, {"name": ""}, {"currency": "GIL"}])
def test_senseless_facts_of_the_company_name_their_field(in_acme: Company, facts: dict[str, str]) -> None:
    with pytest.raises(BadInput) as refused:
        services.update_company(actor=in_acme.ada.actor, at=AT, **facts)
    assert set(refused.value.errors) == set(facts)


def test_ones_own_profile(in_acme: Company) -> None:
    services.update_profile(
        actor=in_acme.tom.actor, at=AT, name="Tom Turner", language="ja", time_zone="Asia/Tokyo"
    )
    tom = queries.get_member(in_acme.tom.membership.pk)
    assert (tom.name, tom.user.language, tom.user.time_zone) == ("Tom Turner", "ja", "Asia/Tokyo")
    assert _latest("changed").object_id == in_acme.tom.membership.pk
    with pytest.raises(BadInput):
        services.update_profile(actor=in_acme.tom.actor, at=AT, name="T", language="", time_zone="Nowhere")


def test_rules_of_grants_and_codes() -> None:
    held = {P.TICKET_VIEW.value}
    assert lacking(held, [P.TICKET_VIEW, P.VISIT_PERFORM]) == []
    assert lacking(held, [P.TENANT_MANAGE]) == ["tenant_manage"]
    assert role_code("Night desk!", []) == "night_desk"
    assert role_code("Night desk", ["night_desk", "night_desk_2"]) == "night_desk_3"
    assert role_code("夜間窓口", []) == "role"


def test_memberships_know_only_their_own_tenants_roles(in_acme: Company, globex: Company) -> None:
    assert not Role.objects.filter(pk=globex.mallory.membership.role_id).exists()
    assert Membership.objects.count() == len(in_acme.people)


def test_a_providers_people_give_nothing(in_acme: Company) -> None:
    """A token or a colleague of theirs would see more than they do."""
    every = frozenset(str(p) for p in P)
    pia = replace(in_acme.pia.actor, permissions=every)
    with pytest.raises(NotAllowed, match="works for a provider"):
        services.create_token(name="t", scopes=[P.WORK_VIEW], actor=pia, at=AT)
    with pytest.raises(NotAllowed, match="works for a provider"):
        services.add_member(email="x@acme.example", name="X", role_code="dispatcher", actor=pia, at=AT)


def test_a_secret_is_found_again_where_it_went(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        token, secret = services.create_token(
            name="x", scopes=["work_view"], actor=Actor.system("test"), at=AT
        )
        assert queries.find_token_place(secret) == (acme.tenant.pk, token.pk)
        assert queries.find_token(token.pk, "another") is None
        found = queries.find_token(token.pk, secret)
        assert found is not None and found.tenant == acme.tenant and found.scopes == ["work_view"]
        token.delete()
        assert queries.find_token(token.pk, secret) is None
        assert queries.find_token_place(secret) is None
