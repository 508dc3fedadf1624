"""Categories: anyone reads, staff write, and what each costs."""

from __future__ import annotations

import pytest

from catalogue.models import Category

LIST = "/api/v1/categories/"


def one(category):
    return f"{LIST}{category.pk}/"


@pytest.fixture
def books(db):
    return Category.objects.create(name="Books")


def test_anyone_sees_categories_by_name_with_the_number_of_their_products(anyone, books, stocked):
    stocked(3)
    shown = anyone.get(LIST).json()["results"]
    assert [(each["name"], each["product_count"]) for each in shown] == [
        ("Books", 0),
        ("Stocked", 3),
    ]
    assert anyone.get(one(books)).json() == {"id": books.pk, "name": "Books", "product_count": 0}


@pytest.mark.parametrize("categories", [3, 30])
def test_reading_costs_the_same_whatever_their_number(anyone, cost, stocked, categories):
    stocked(3)
    made = [Category.objects.create(name=f"{number:02}") for number in range(categories)]
    assert cost(anyone.get, f"{LIST}?page_size=100") == 2
    assert cost(anyone.get, one(made[0])) == 1


def test_a_page_has_25(anyone, db):
    for number in range(30):
        Category.objects.create(name=f"{number:02}")
    page = anyone.get(LIST).json()
    assert (page["count"], len(page["results"])) == (30, 25)
    assert [each["name"] for each in anyone.get(page["next"]).json()["results"]][-1] == "29"
    assert anyone.get(f"{LIST}?page=3").status_code == 404


def test_staff_add_change_and_delete_a_category(api, db):
    made = api.post(LIST, {"name": "Books"})
    assert made.status_code == 201
    assert made.json() == {"id": made.json()["id"], "name": "Books", "product_count": 0}
    place = made.headers["Location"]
    assert api.put(place, {"name": "Novels"}).json()["name"] == "Novels"
    assert api.patch(place, {"name": "Poems"}).json() == api.get(place).json()
    assert api.delete(place).status_code == 204
    assert not Category.objects.exists()


@pytest.mark.parametrize("products", [1, 30])
def test_one_with_products_stays(api, stocked, products):
    category = stocked(products)[0].category
    assert api.delete(one(category)).status_code == 409
    assert category.products.count() == products


def test_a_session_writes_for_the_declared_budgets(anyone, staff, books, cost):
    anyone.force_login(staff)
    assert cost(anyone.get, LIST) == 4
    assert cost(anyone.get, one(books)) == 3
    assert cost(anyone.post, LIST, {"name": "Poems"}) == 5
    assert cost(anyone.put, one(books), {"name": "Novels"}) == 6
    assert cost(anyone.patch, one(books), {"name": "Plays"}) == 6
    assert cost(anyone.delete, one(books)) == 5


@pytest.mark.parametrize(
    ("name", "why"),
    [("Books", "unique"), ("", "blank"), (None, "null"), ("a" * 81, "max_length"), ([], "invalid")],
)
def test_a_name_that_is_not_valid_is_told(api, books, name, why):
    response = api.post(LIST, {"name": name})
    assert response.status_code == 400
    assert response.json()["error"]["details"]["name"][0]["code"] == why


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_staff_write(anyone, hers, books, method):
    path = LIST if method == "post" else one(books)
    assert getattr(anyone, method)(path, {"name": "Novels"}).status_code == 401
    assert getattr(hers, method)(path, {"name": "Novels"}).status_code == 403
    assert Category.objects.get().name == "Books"
