"""What the scan makes of routes of all kinds."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db(databases=["default", "other"])


def grows(scanned, route, user="anonymous"):
    return scanned.visits(route)[user]["grows"]


def fix_of(scanned, route, user="anonymous"):
    saved = scanned.visits(route)[user]["saved"]
    return [each["code"] for each in saved["fixes"]], saved["after"]


# --- Routes that are reached, and what is found there ---


def test_a_naive_list_grows_and_its_fix_is_proven(everything):
    visit = everything.visits("api/products/$")["anonymous"]
    assert visit["queries"] == [3, 5]
    assert visit["order"] == "linear: 1 query per row"
    assert fix_of(everything, "api/products/$") == (['select_related("category")'], 1)


def test_a_tuned_list_is_clean(everything):
    for visit in everything.visits("api/tuned/$").values():
        assert (visit["queries"], visit["findings"], visit["saved"]) == ([1, 1], [], None)
        assert visit["doubt"] == ""


def test_a_single_object_is_reached_by_its_key(everything):
    assert everything.visits("api/products/(?P<pk>[^/.]+)/$")["staff"]["status"] == 200


def test_rows_of_a_nested_route_hang_on_one_parent(everything):
    route = "api/orders/(?P<order_pk>[^/.]+)/items/$"
    assert everything.visits(route)["anonymous"]["queries"] == [3, 5]
    assert fix_of(everything, route) == (['select_related("product")'], 1)
    assert everything.visits("api/orders/(?P<order_pk>[^/.]+)/items/(?P<pk>[^/.]+)/$")


def test_a_page_that_is_too_small_is_asked_for_in_full(everything):
    assert grows(everything, "api/paged/$")


def test_of_a_page_that_can_not_be_made_larger_it_is_said_that_nothing_is_proven(scan):
    scanned = scan("--users=anonymous", "--only=api/cut/", "--fail-on=never")
    visit = scanned.visit("api/cut/$")
    assert not visit["grows"]
    assert visit["doubt"] == ("a page holds 2 of 8 rows, so that queries can not be seen to grow")


@pytest.mark.parametrize("route", ["folders/", "companies/"])
def test_a_generic_list_of_a_tree_and_of_a_model_that_inherits_grows_by_row(everything, route):
    assert everything.visits(route)["anonymous"]["order"] == "linear: 1 query per row"


def test_a_slug_is_taken_from_its_field(everything):
    assert everything.visits("folders/<slug:slug>/")["anonymous"]["status"] == 200


def test_an_argument_of_a_function_names_its_model(everything):
    assert grows(everything, "orders/<int:order_id>/sheet/")


def test_a_group_without_a_name_gets_a_key(everything):
    assert everything.visits(r"^customers/(\d+)/$")["anonymous"]["status"] == 200


@pytest.mark.parametrize("route", ["partial/", "given/", "token/", "api-orders/", "streams/"])
def test_of_a_function_the_rows_that_it_reads_are_made(everything, route):
    assert grows(everything, route)
    assert fix_of(everything, route) == (['select_related("customer")'], 1)


def test_an_asynchronous_view_is_asked(everything):
    visit = everything.visits("asynchronous/")["anonymous"]
    assert (visit["queries"], visit["doubt"]) == ([1, 1], "")


def test_who_may_see_a_route_is_asked_and_who_may_not_is_left_out(everything):
    assert list(everything.visits("api/staff-products/$")) == ["staff"]
    assert grows(everything, "api/staff-products/$", "staff")


def test_nothing_is_tried_with_a_view_that_writes_and_the_reason_is_told(everything):
    visit = everything.visits("writes/")["anonymous"]
    assert visit["saved"] is None
    assert "refused a call that writes: UPDATE" in visit["unproven"]
    assert "not tried: prove() refused a call that writes" in everything.out


# --- Routes that are not reached ---


@pytest.mark.parametrize(
    ("route", "reason", "helps"),
    [
        ("query/", "answers 400 to anonymous, staff", 'query = "..."'),
        ("raises/", "raises LookupError: no such thing to anonymous, staff", "skip"),
        ("posts/", "answers 405 to anonymous, staff", "skip"),
        ("away/", None, None),
        ("unknown/<slug:thing>/", "no row gives it thing to anonymous, staff", "thing = ..."),
    ],
)
def test_a_route_that_is_not_reached_is_listed_with_why_and_what_helps(
    everything, route, reason, helps
):
    if reason is None:
        assert everything.told["left_out"][route] == "a view of an installed package"
        return
    told = everything.unreached(route)
    assert told["reason"] == reason
    assert helps in told["help"]
    assert f"  {route}  {reason}" in everything.out


def test_what_is_left_out_is_counted_by_its_reason(everything):
    assert everything.told["left_out"]["api-posts/"] == "it does not answer GET"
    assert everything.told["left_out"]["folders/"] == "the same route stands earlier"
    assert "1 left out: the same route stands earlier" in everything.out


def test_a_field_that_inherits_from_one_of_django_s_gets_values_as_that_does(everything):
    assert everything.told["incomplete"] == {}


# --- What is left behind ---


def test_nothing_is_left_in_the_database(everything):
    from tests.shop.models import Customer, Folder, Product

    assert not any(model.objects.exists() for model in (Customer, Folder, Product))
