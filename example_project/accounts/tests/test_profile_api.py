"""One's own profile: what a customer sees and changes of oneself."""

from __future__ import annotations

import pytest

from accounts.models import Customer

PROFILE = "/api/v1/profile/"


def test_a_customer_sees_oneself_for_two_queries(hers, cost):
    assert hers.get(PROFILE).json() == {
        "username": "ada",
        "name": "Ada",
        "email": "ada@example.com",
        "is_active": True,
    }
    assert cost(hers.get, PROFILE) == 2


def test_name_and_email_can_be_changed_for_four_queries(hers, ada, cost):
    given = {"name": "Ada King", "email": "King@Example.com"}
    assert hers.patch(PROFILE, given).json()["email"] == "king@example.com"
    ada.refresh_from_db()
    assert (ada.name, ada.email) == ("Ada King", "king@example.com")
    assert cost(hers.put, PROFILE, given) == 4


def test_a_session_costs_one_query_more_and_that_is_the_declared_budget(anyone, ada, cost):
    anyone.force_login(ada.user)
    assert cost(anyone.put, PROFILE, {"name": "Ada", "email": "ada@example.com"}) == 5


def test_all_else_stays_as_it_is(hers, ada):
    Customer.objects.update(is_active=False)
    answer = hers.patch(PROFILE, {"username": "king", "is_active": True, "id": 7, "user": None})
    assert (answer.json()["username"], answer.json()["is_active"]) == ("ada", False)
    ada.refresh_from_db()
    assert (ada.user.username, ada.is_active) == ("ada", False)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"email": "taken@example.com"}, "unique"),
        ({"email": "TAKEN@example.com"}, "unique"),
        ({"email": "none"}, "invalid"),
        ({"name": ""}, "blank"),
        ({"name": "a" * 121}, "max_length"),
    ],
)
def test_a_field_that_is_not_valid_is_told(hers, given, why):
    Customer.objects.create(name="Other", email="taken@example.com")
    response = hers.patch(PROFILE, given)
    assert response.status_code == 400
    ((problem,),) = response.json()["error"]["details"].values()
    assert problem["code"] == why


def test_replacing_needs_each_field(hers):
    details = hers.put(PROFILE, {"name": "Ada"}).json()["error"]["details"]
    assert list(details) == ["email"]


def test_without_credentials_there_is_none(anyone, db):
    assert anyone.get(PROFILE).status_code == 401
    assert anyone.patch(PROFILE, {}).status_code == 401


def test_a_user_who_is_no_customer_has_none(api):
    assert api.get(PROFILE).status_code == 404
    assert api.patch(PROFILE, {}).status_code == 404


def test_it_is_neither_made_nor_deleted_here(hers):
    assert hers.post(PROFILE, {}).status_code == 405
    assert hers.delete(PROFILE).status_code == 405


def test_version_2_shows_the_same(hers):
    assert hers.get("/api/v2/profile/").json() == hers.get(PROFILE).json()
