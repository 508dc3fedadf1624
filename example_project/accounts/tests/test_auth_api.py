"""Signing up, logging in and staying logged in; version 2 has the same views."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import Customer, User

SIGN_UP, LOG_IN, REFRESH, LOG_OUT = (
    f"/api/v1/auth/{name}/" for name in ("signup", "login", "refresh", "logout")
)
PROFILE = "/api/v1/profile/"
GRACE = {
    "username": "grace",
    "password": "hopper-1906",
    "name": "Grace",
    "email": "Grace@Example.com",
}
ADA = {"username": "ada", "password": "lovelace-1815"}


@pytest.fixture
def pair(anyone, ada):
    """The tokens that Ada gets for her password."""
    return anyone.post(LOG_IN, ADA).json()


def profile(client, access):
    return client.get(PROFILE, headers={"Authorization": f"Bearer {access}"})


def code(response):
    return response.status_code, response.json()["error"]["code"]


# --- Signing up ---


def test_who_signs_up_can_log_in_and_is_a_customer(anyone, db):
    response = anyone.post(SIGN_UP, GRACE)
    assert response.status_code == 201
    assert response.json() == {
        "username": "grace",
        "name": "Grace",
        "email": "grace@example.com",
        "is_active": True,
    }
    access = anyone.post(LOG_IN, GRACE).json()["access"]
    assert profile(anyone, access).json() == response.json()
    assert not User.objects.get().is_staff


def test_signing_up_costs_four_queries(anyone, db, cost):
    assert cost(anyone.post, SIGN_UP, GRACE) == 4


@pytest.mark.parametrize("missing", GRACE)
def test_signing_up_needs_each_field(anyone, db, missing):
    given = {name: value for name, value in GRACE.items() if name != missing}
    assert list(anyone.post(SIGN_UP, given).json()["error"]["details"]) == [missing]
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("username", "ada", "unique"),
        ("username", "a b", "invalid"),
        ("username", "a" * 151, "max_length"),
        ("username", "a\0b", "null_characters_not_allowed"),
        ("email", "ada@example.com", "unique"),
        ("email", "ADA@example.com", "unique"),
        ("email", "ada", "invalid"),
        ("email", f"{'a' * 250}@example.com", "max_length"),
        ("name", "", "blank"),
        ("password", "short", "invalid"),
        ("password", "password123", "invalid"),
        ("password", "4711081512", "invalid"),
        ("password", "grace@example.com", "invalid"),
        ("password", "a" * 129, "max_length"),
    ],
)
def test_a_field_that_is_not_valid_is_told(anyone, ada, field, value, why):
    response = anyone.post(SIGN_UP, {**GRACE, field: value})
    assert response.status_code == 400
    details = response.json()["error"]["details"]
    assert list(details) == [field]
    assert why in [problem["code"] for problem in details[field]]
    assert User.objects.count() == 1


def test_nobody_makes_oneself_staff(anyone, db):
    anyone.post(SIGN_UP, {**GRACE, "is_staff": True, "is_superuser": True, "is_active": False})
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)


# --- Logging in ---


def test_a_password_is_worth_a_pair_of_tokens_for_two_queries(anyone, ada, cost):
    assert cost(anyone.post, LOG_IN, ADA) == 2


def test_an_access_token_costs_what_a_server_s_token_costs(anyone, hers, pair, cost):
    assert cost(hers.get, PROFILE) == 2
    anyone.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    assert cost(anyone.get, PROFILE) == 2


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({**ADA, "password": "wrong"}, 401),
        ({**ADA, "username": "nobody"}, 401),
        ({"username": "ada"}, 400),
        ({**ADA, "password": ""}, 400),
    ],
)
def test_without_the_right_password_there_is_none(anyone, ada, given, status):
    response = anyone.post(LOG_IN, given)
    assert response.status_code == status
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


def test_a_name_that_nobody_has_is_answered_like_a_wrong_password(anyone, ada):
    errors = [
        anyone.post(LOG_IN, {**ADA, field: "wrong"}).json()["error"]
        for field in ("username", "password")
    ]
    assert errors[0]["message"] == errors[1]["message"]


def test_an_inactive_user_gets_none(anyone, ada):
    User.objects.update(is_active=False)
    assert code(anyone.post(LOG_IN, ADA)) == (401, "authentication_failed")


def test_a_stale_token_is_no_obstacle_to_logging_in(anyone, ada):
    anyone.credentials(HTTP_AUTHORIZATION="Bearer stale")
    assert anyone.post(LOG_IN, ADA).status_code == 200


# --- Access tokens ---


def test_an_access_token_ends_after_five_minutes(anyone, ada):
    token = AccessToken.for_user(ada.user)
    assert profile(anyone, token).status_code == 200
    token.set_exp(lifetime=timedelta(seconds=-1))
    assert code(profile(anyone, token)) == (401, "token_not_valid")
    assert AccessToken().lifetime == timedelta(minutes=5)


def test_a_token_signed_by_somebody_else_is_worth_nothing(anyone, pair):
    head, body, signature = pair["access"].split(".")
    assert code(profile(anyone, f"{head}.{body}.{signature[::-1]}")) == (401, "token_not_valid")
    assert code(profile(anyone, "nonsense")) == (401, "token_not_valid")


def test_a_refresh_token_is_no_access_token(anyone, pair):
    assert code(profile(anyone, pair["refresh"])) == (401, "token_not_valid")


def test_a_new_password_ends_what_was_issued_under_the_old_one(anyone, ada, pair):
    ada.user.set_password("countess-1852")
    ada.user.save()
    assert code(profile(anyone, pair["access"])) == (401, "password_changed")
    assert code(anyone.post(REFRESH, pair)) == (401, "password_changed")


# --- Refresh tokens ---


def test_a_refresh_token_is_good_for_one_new_pair(anyone, pair):
    new = anyone.post(REFRESH, pair).json()
    assert profile(anyone, new["access"]).status_code == 200
    assert new["refresh"] != pair["refresh"]
    assert code(anyone.post(REFRESH, pair)) == (401, "token_not_valid")
    assert anyone.post(REFRESH, new).status_code == 200


def test_refreshing_costs_five_queries(anyone, pair, cost):
    assert cost(anyone.post, REFRESH, pair) == 5


@pytest.mark.parametrize(
    "given", [{}, {"refresh": ""}, {"refresh": None}, {"refresh": "a" * 2_001}]
)
def test_what_can_be_no_token_is_not_valid(anyone, db, given):
    assert code(anyone.post(REFRESH, given)) == (400, "invalid")


def test_an_access_token_refreshes_nothing(anyone, pair):
    assert code(anyone.post(REFRESH, {"refresh": pair["access"]})) == (401, "token_not_valid")


def test_a_token_that_we_did_not_issue_refreshes_nothing(anyone, ada):
    forged = RefreshToken()  # signed with our key, and not among those issued
    for claim, value in RefreshToken.for_user(ada.user).payload.items():
        if claim not in {"jti", "exp", "iat"}:
            forged[claim] = value
    assert code(anyone.post(REFRESH, {"refresh": str(forged)})) == (401, "token_not_valid")


def test_a_user_who_is_gone_or_inactive_is_not_refreshed(anyone, ada, pair):
    User.objects.update(is_active=False)
    assert code(anyone.post(REFRESH, pair)) == (401, "user_inactive")
    ada.user.delete()
    assert code(anyone.post(REFRESH, pair)) == (401, "user_not_found")


def test_logging_out_ends_the_refresh_token_for_four_queries(anyone, pair, cost):
    assert cost(anyone.post, LOG_OUT, pair) == 4
    assert code(anyone.post(REFRESH, pair)) == (401, "token_not_valid")
    assert code(anyone.post(LOG_OUT, pair)) == (401, "token_not_valid")
    assert BlacklistedToken.objects.count() == 1


def test_version_2_has_the_same_endpoints(anyone, db):
    for name in ("signup", "login", "refresh", "logout"):
        assert code(anyone.post(f"/api/v2/auth/{name}/", {})) == (400, "invalid")


def test_a_customer_is_made_with_the_user_or_not_at_all(anyone, db):
    anyone.post(SIGN_UP, GRACE)
    anyone.post(SIGN_UP, {**GRACE, "username": "grace2"})
    assert (User.objects.count(), Customer.objects.count()) == (1, 1)
