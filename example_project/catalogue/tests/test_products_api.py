"""Products: anyone reads, staff write, and what each costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalogue.models import Category, Product
from nplusone_guard import capture

LIST = "/api/v1/products/"


@pytest.fixture
def given(db):
    """What staff send to add a product."""
    category = Category.objects.create(name="Books")
    return {
        "sku": "B1",
        "name": "A book",
        "description": "Long.",
        "category": category.pk,
        "price": "12.50",
        "stock": 3,
    }


def one(product):
    return f"{LIST}{product.pk}/"


def names(response):
    return [product["name"] for product in response.json()["results"]]


# --- Reading ---


def test_anyone_sees_products_and_one_with_its_description(anyone, stocked):
    (product,) = stocked(1)
    shown = {
        "id": product.pk,
        "sku": "S1",
        "name": "Stocked 1",
        "category": {"id": product.category_id, "name": "Stocked"},
        "price": "9.99",
        "stock": 10,
    }
    assert anyone.get(LIST).json()["results"] == [shown]
    assert anyone.get(one(product)).json() == {**shown, "description": "Wide."}


@pytest.mark.parametrize("products", [3, 30])
def test_reading_costs_the_same_whatever_their_number(anyone, api, stocked, cost, products):
    product = stocked(products)[0]
    assert cost(anyone.get, f"{LIST}?page_size=100&ordering=-price&in_stock=true") == 2
    assert cost(anyone.get, one(product)) == 1
    assert cost(api.get, LIST) == 3  # a token's user more


def test_a_session_costs_two_queries_and_that_is_the_declared_budget(anyone, staff, stocked, cost):
    (product,) = stocked(1)
    anyone.force_login(staff)
    assert cost(anyone.get, LIST) == 4
    assert cost(anyone.get, one(product)) == 3


def test_the_list_leaves_the_wide_column_where_it_is(anyone, stocked):
    stocked(2)
    with capture() as report:
        anyone.get(LIST)
    assert "description" not in " ".join(group.shape.text for group in report.groups)


def test_a_page_has_25_in_the_order_of_their_keys(anyone, stocked):
    made = stocked(30)
    page = anyone.get(LIST).json()
    assert page["count"] == 30
    assert [product["id"] for product in page["results"]] == [each.pk for each in made[:25]]
    assert names(anyone.get(page["next"])) == [each.name for each in made[25:]]
    assert anyone.get(f"{LIST}?page=3").status_code == 404


@pytest.mark.parametrize(("asked", "shown"), [("2", 2), ("100", 100), ("500", 100)])
def test_page_size_can_be_asked_for_up_to_100(anyone, stocked, asked, shown):
    stocked(101)
    assert len(names(anyone.get(f"{LIST}?page_size={asked}"))) == shown


@pytest.mark.parametrize("key", ["0", "x", "9" * 30])
def test_what_is_no_product_is_not_found(anyone, stocked, key):
    stocked(1)
    assert anyone.get(f"{LIST}{key}/").status_code == 404


# --- Filters and ordering ---


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("category={category}", ["A", "C"]),
        ("category=0", []),
        ("category=9223372036854775807", []),
        ("min_price=2", ["B", "C"]),
        ("max_price=2.00", ["A", "B"]),
        ("min_price=1.5&max_price=2.5", ["B"]),
        ("in_stock=true", ["A"]),
        ("in_stock=false", ["B", "C"]),
        ("name=c", ["C"]),
        ("name=%25", []),
        ("ordering=-price", ["C", "B", "A"]),
        ("ordering=name", ["A", "B", "C"]),
    ],
)
def test_products_are_filtered_and_ordered(anyone, db, query, found):
    first, second = (Category.objects.create(name=name) for name in ("first", "second"))
    for name, price, category, stock in [
        ("A", 1, first, 5),
        ("B", 2, second, 0),
        ("C", 3, first, 0),
    ]:
        Product.objects.create(name=name, sku=name, price=price, category=category, stock=stock)
    assert names(anyone.get(f"{LIST}?{query.format(category=first.pk)}")) == found


def test_ties_are_in_the_order_of_their_keys(anyone, stocked):
    made = stocked(30)
    Product.objects.update(price=1)
    pages = [names(anyone.get(f"{LIST}?ordering=-price&page={page}")) for page in (1, 2)]
    assert pages[0] + pages[1] == [each.name for each in made]


@pytest.mark.parametrize(
    "query",
    [
        "category=x",
        "category=1.5",
        "category=-1",
        "category=9223372036854775808",
        "min_price=cheap",
        "min_price=NaN",
        "max_price=1e400",
        "max_price=99999999999",
        "name=%00",
        "ordering=stock",
        "ordering=-description",
    ],
)
def test_a_filter_that_is_not_valid_is_told(anyone, db, query):
    response = anyone.get(f"{LIST}?{query}")
    assert response.status_code == 400
    assert list(response.json()["error"]["details"]) == [query.partition("=")[0]]


# --- Writing ---


def test_staff_add_a_product_and_are_told_where_it_is(api, given):
    response = api.post(LIST, given)
    assert response.status_code == 201
    product = Product.objects.get()
    assert response.headers["Location"] == f"http://testserver{one(product)}"
    assert response.json() == api.get(one(product)).json()
    assert (product.price, product.stock, product.category.name) == (Decimal("12.50"), 3, "Books")


def test_staff_change_a_product_whole_or_in_part(api, given, stocked):
    (product,) = stocked(1)
    assert api.put(one(product), given).json()["sku"] == "B1"
    answer = api.patch(one(product), {"price": "1.00"})
    assert answer.json() == api.get(one(product)).json()
    product.refresh_from_db()
    assert (product.name, product.price) == ("A book", Decimal("1.00"))


def test_staff_delete_a_product_that_nobody_ordered(api, stocked):
    (product,) = stocked(1)
    assert api.delete(one(product)).status_code == 204
    assert not Product.objects.exists()


def test_a_product_that_was_ordered_stays(api, grow):
    (order,) = grow(1)
    product = order.items.first().product
    assert api.delete(one(product)).status_code == 409
    assert Product.objects.filter(pk=product.pk).exists()


@pytest.mark.parametrize("products", [1, 30])
def test_writing_costs_the_same_whatever_their_number(api, given, stocked, cost, products):
    product = stocked(products)[0]
    assert cost(api.post, LIST, given) == 5
    assert cost(api.put, one(product), {**given, "sku": "B2"}) == 6
    assert cost(api.patch, one(product), {"stock": 1}) == 4
    assert cost(api.delete, one(product)) == 4


def test_a_session_costs_one_query_more_than_a_token_when_writing(
    anyone, staff, given, stocked, cost
):
    (product,) = stocked(1)
    anyone.force_login(staff)
    assert cost(anyone.post, LIST, given) == 6
    assert cost(anyone.put, one(product), {**given, "sku": "B2"}) == 7
    assert cost(anyone.patch, one(product), {**given, "sku": "B3"}) == 7
    assert cost(anyone.delete, one(product)) == 5


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("sku", "S1", "unique"),
        ("sku", "", "blank"),
        ("sku", "a" * 21, "max_length"),
        ("name", None, "null"),
        ("description", "a" * 10_001, "max_length"),
        ("category", 0, "does_not_exist"),
        ("category", 10**30, "does_not_exist"),
        ("category", "Books", "incorrect_type"),
        ("price", "0.00", "min_value"),
        ("price", "-1", "min_value"),
        ("price", "1.999", "max_decimal_places"),
        ("price", "123456789.0", "max_whole_digits"),
        ("price", "NaN", "invalid"),
        ("stock", -1, "min_value"),
        ("stock", 2**31, "max_value"),
        ("stock", 1.5, "invalid"),
    ],
)
def test_a_field_that_is_not_valid_is_told(api, given, stocked, field, value, why):
    stocked(1)
    response = api.post(LIST, {**given, field: value})
    assert response.status_code == 400
    details = response.json()["error"]["details"]
    assert {name: problem["code"] for name, (problem,) in details.items()} == {field: why}
    assert Product.objects.count() == 1


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_staff_write(anyone, hers, stocked, method):
    (product,) = stocked(1)
    path = LIST if method == "post" else one(product)
    assert getattr(anyone, method)(path, {}).status_code == 401
    assert getattr(hers, method)(path, {}).status_code == 403
    assert Product.objects.get().name == "Stocked 1"
