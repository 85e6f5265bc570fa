"""The chat's script, frame and calls, and the desk's side of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from channels import services as channel_services
from channels.models import ChannelAccount, ChatSession, InboundMessage
from core.cache import ForgivingCache
from journal import live
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.chat import FOUNDER, SITE, make_chat_account, say
from tests.factories.tickets import make_ticket
from tickets.models import Ticket
from tickets.views import chat

SignIn = Callable[[Person], Client]


@pytest.fixture
def account(acme: Company) -> ChannelAccount:
    with tenant_active(acme.tenant.pk):
        return make_chat_account(greeting="Grüß Gott", hours="9–18")


def url_of(account: ChannelAccount, name: str = "") -> str:
    return reverse(f"intake:chat{'_' if name else ''}{name}", args=["acme", account.hook])


def post(account: ChannelAccount, name: str, /, **facts: Any) -> HttpResponse:
    headers = facts.pop("headers", {})
    return Client().post(url_of(account, name), facts, headers=headers)  # type: ignore[return-value]


def begin(account: ChannelAccount, /, **facts: Any) -> str:
    answer = post(account, "open", **facts)
    assert answer.status_code == 200, answer.content
    return str(json.loads(answer.content)["code"])


def test_the_script_names_the_frame_in_the_browsers_language(account: ChannelAccount) -> None:
    answer = Client().get(url_of(account, "widget"), headers={"Accept-Language": "ja"})
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    text = answer.content.decode()
    assert f"http://testserver{url_of(account)}" in text
    assert '"language": "ja"' in text


def test_a_companys_name_cannot_end_the_script(acme: Company, account: ChannelAccount) -> None:
    type(acme.tenant).objects.filter(pk=acme.tenant.pk).update(name='</script><b>"${x}`')
    text = Client().get(url_of(account, "widget")).content.decode()
    assert "</script>" not in text


def test_the_frame_may_stand_on_the_accounts_sites_only(account: ChannelAccount) -> None:
    page = Client().get(url_of(account))
    assert f"frame-ancestors 'self' {SITE};" in page["Content-Security-Policy"] + ";"
    assert "X-Frame-Options" not in page
    assert "Grüß Gott" in page.content.decode()
    other = Client().get("/c/acme/request/")
    assert "frame-ancestors 'none'" in other["Content-Security-Policy"]
    assert other["X-Frame-Options"] == "DENY"


def test_the_frame_speaks_the_browsers_language_if_the_account_does(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        account = make_chat_account(languages="en ja")
    for wanted, spoken in (("ja", "ja"), ("zh-hans", "en")):
        page = Client().get(url_of(account), headers={"Accept-Language": wanted})
        assert page["Content-Language"] == spoken
        assert f'<html lang="{spoken}"' in page.content.decode()


@pytest.mark.parametrize("name", ["", "widget", "open", "say", "read"])
def test_a_switched_off_account_is_not_there(acme: Company, account: ChannelAccount, name: str) -> None:
    with tenant_active(acme.tenant.pk):
        channel_services.switch_account(account_id=account.pk, is_active=False, actor=FOUNDER, at=AT)
    send = Client().get if name in ("", "widget") else Client().post
    assert send(url_of(account, name)).status_code == 404


def test_a_rivals_door_does_not_open_it(globex: Company, account: ChannelAccount) -> None:
    assert Client().get(f"/c/globex/chat/{account.hook}/").status_code == 404


def test_a_visitor_talks_with_the_desk(acme: Company, account: ChannelAccount, signed_in: SignIn) -> None:
    code = begin(account, name="Mari", email="mari@aoki.example", page="https://shop.example/a?token=1#x")
    said = json.loads(post(account, "say", code=code, key="k1", body="It <b>jams</b>").content)
    with tenant_active(acme.tenant.pk):
        ticket, session = Ticket.objects.get(), ChatSession.objects.get()
    assert (said["ticket"], session.page) == (str(ticket), "https://shop.example/a")
    desk = signed_in(acme.sora)
    page = desk.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()
    assert "It &lt;b&gt;jams&lt;/b&gt;" in page
    assert "The visitor is in the chat now." in page
    desk.post(f"/t/acme/tickets/{ticket.pk}/reply/", {"body": "We come.", "kind": "public"})
    read = json.loads(post(account, "read", code=code, heard=0, told=0).content)
    assert [(line["ours"], line["text"]) for line in read["lines"]] == [
        (False, "It <b>jams</b>"),
        (True, "We come."),
    ]
    assert read["lines"][0]["key"] == "k1"
    ours = read["lines"][1]["id"]
    page = desk.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()
    assert 'data-delivery="queued"' in page
    post(account, "read", code=code, heard=said["id"], told=ours)
    page = desk.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()
    assert 'data-delivery="sent"' in page


@pytest.mark.parametrize("name", ["say", "read", "file", "typing", "pass", "close"])
@pytest.mark.parametrize("code", ["", "wrong"])
def test_without_the_code_nothing_opens(account: ChannelAccount, name: str, code: str) -> None:
    answer = post(account, name, code=code, body="x", key="k")
    assert answer.status_code == 404
    assert "over" in json.loads(answer.content)["detail"]


@pytest.mark.parametrize("name", ["open", "say", "read", "typing", "pass", "close"])
def test_another_sites_page_may_not_call(acme: Company, account: ChannelAccount, name: str) -> None:
    code = begin(account)
    for origin in (SITE, "null", "https://testserver"):
        answer = post(account, name, code=code, key="k", body="x", headers={"Origin": origin})
        assert answer.status_code == 403
    ours = post(account, name, code=code, key="k", body="x", headers={"Origin": "http://testserver"})
    assert ours.status_code in (200, 204)
    with tenant_active(acme.tenant.pk):
        assert InboundMessage.objects.count() == (name == "say")


def test_the_pass_is_for_this_sessions_room_only(
    acme: Company, account: ChannelAccount, settings: Any
) -> None:
    settings.LIVE_URL = "https://live.example"
    code = begin(account)
    url = json.loads(post(account, "pass", code=code).content)["url"]
    with tenant_active(acme.tenant.pk):
        session = ChatSession.objects.get()
    allowed = live.read_room_pass(url.partition("pass=")[2])
    assert url.startswith("https://live.example/live/room?pass=")
    assert (allowed.tenant_id, allowed.room) == (acme.tenant.pk, session.room)


def test_an_ended_chat_opens_nothing(account: ChannelAccount) -> None:
    code = begin(account)
    assert post(account, "close", code=code).status_code == 204
    assert post(account, "read", code=code).status_code == 404


def test_bad_words_are_refused_with_the_way_out(account: ChannelAccount) -> None:
    code = begin(account)
    answer = post(account, "say", code=code, key="k", body="x" * 4001)
    assert (answer.status_code, "4000" in answer.content.decode()) == (422, True)
    assert post(account, "open", email="nonsense").status_code == 422


def test_who_says_too_much_waits_and_others_do_not(
    account: ChannelAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(chat.PER_SESSION, "say", 2)
    loud, calm = begin(account), begin(account)
    said = [post(account, "say", code=loud, key=f"k{n}", body="x").status_code for n in range(3)]
    assert said == [200, 200, 429]
    assert post(account, "say", code=calm, key="k", body="x").status_code == 200


def test_an_address_opens_only_so_many_sessions(account: ChannelAccount) -> None:
    answers = [post(account, "open").status_code for _ in range(chat.PER_ADDRESS["open"] + 1)]
    assert set(answers[:-1]) == {200}
    assert answers[-1] == 429
    answer = Client(REMOTE_ADDR="203.0.113.7").post(url_of(account, "open"))
    assert answer.status_code == 200


def test_a_company_flooded_from_everywhere_is_shielded_and_others_are_not(
    acme: Company, globex: Company, account: ChannelAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(chat.PER_TENANT, "open", 3)
    with tenant_active(globex.tenant.pk):
        theirs = make_chat_account()
    url = url_of(account, "open")
    answers = [Client(REMOTE_ADDR=f"203.0.113.{n}").post(url).status_code for n in range(4)]
    assert answers == [200, 200, 200, 429]
    assert Client().post(reverse("intake:chat_open", args=["globex", theirs.hook])).status_code == 200


def test_the_limits_hold_without_valkey(account: ChannelAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database counts instead."""

    def ask(_cache: object, act: str, *args: Any, **kwargs: Any) -> Any:
        return getattr(caches["instead"], act)(*args, **kwargs)

    monkeypatch.setattr(ForgivingCache, "_ask", ask)
    answers = [post(account, "open").status_code for _ in range(chat.PER_ADDRESS["open"] + 1)]
    assert answers[-2:] == [200, 429]


def test_the_frame_says_whether_somebody_is_at_the_desk(
    acme: Company, account: ChannelAccount, signed_in: SignIn
) -> None:
    assert "data-away hidden" not in Client().get(url_of(account)).content.decode()
    signed_in(acme.tom).get("/t/acme/live-pass/")
    assert "data-away hidden" not in Client().get(url_of(account)).content.decode(), "an engineer is no desk"
    signed_in(acme.sora).get("/t/acme/live-pass/")
    assert "data-away hidden" in Client().get(url_of(account)).content.decode()


def test_news_are_the_messages_after_a_number(
    acme: Company, account: ChannelAccount, signed_in: SignIn
) -> None:
    with tenant_active(acme.tenant.pk):
        begin(account)
        session = ChatSession.objects.get()
        ticket = say(session, "First")
        last = ticket.messages.get().pk
        say(session, "Second")
    desk = signed_in(acme.sora)
    text = desk.get(f"/t/acme/tickets/{ticket.pk}/chat/?after={last}").content.decode()
    assert "Second" in text
    assert "First" not in text
    assert desk.get(f"/t/acme/tickets/{ticket.pk}/chat/?after=x").status_code == 200


def test_only_who_answers_tickets_writes_in_chats(
    acme: Company, account: ChannelAccount, signed_in: SignIn
) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = make_ticket()
    url = f"/t/acme/tickets/{ticket.pk}/chat/typing/"
    assert signed_in(acme.tom).post(url).status_code == 403
    assert signed_in(acme.sora).post(url).status_code == 204


def test_the_settings_show_the_line_to_paste(
    acme: Company, account: ChannelAccount, signed_in: SignIn
) -> None:
    page = signed_in(acme.ada).get(f"/t/acme/settings/channels/{account.pk}/").content.decode()
    assert f"http://testserver{url_of(account, 'widget')}" in page


def test_an_account_with_a_bad_site_is_not_saved(acme: Company, signed_in: SignIn) -> None:
    page = signed_in(acme.ada).post(
        "/t/acme/settings/channels/new/",
        {"provider": "widget", "name": "Site", "address": "https://shop.example; script-src *"},
    )
    assert page.status_code == 422
    with tenant_active(acme.tenant.pk):
        assert not ChannelAccount.objects.exists()


def test_our_own_request_form_shows_the_chat(acme: Company, account: ChannelAccount) -> None:
    assert url_of(account, "widget") in Client().get("/c/acme/request/").content.decode()
