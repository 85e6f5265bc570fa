"""Routes of accounts."""

from __future__ import annotations

from django.urls import path

from accounts.views import company, own, people, tokens

urlpatterns = [
    path("settings/", company.settings, name="settings"),
    path("settings/company/", company.company, name="company"),
    path("settings/people/", people.member_list, name="member_list"),
    path("settings/people/new/", people.member_create, name="member_create"),
    path("settings/people/<int:membership_id>/role/", people.member_role, name="member_role"),
    path("settings/people/<int:membership_id>/switch/", people.member_switch, name="member_switch"),
    path("settings/people/<int:membership_id>/invite/", people.member_invite, name="member_invite"),
    path("settings/people/<int:membership_id>/withdraw/", people.member_withdraw, name="member_withdraw"),
    path("settings/people/<int:membership_id>/password-link/", people.member_link, name="member_link"),
    path("settings/roles/", people.role_list, name="role_list"),
    path("settings/roles/new/", people.role_create, name="role_create"),
    path("settings/roles/<int:role_id>/", people.role_edit, name="role_edit"),
    path("settings/tokens/", tokens.token_list, name="token_list"),
    path("settings/tokens/new/", tokens.token_create, name="token_create"),
    path("settings/tokens/<int:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("settings/profile/", own.profile, name="profile"),
    path("settings/security/", own.security, name="security"),
]
