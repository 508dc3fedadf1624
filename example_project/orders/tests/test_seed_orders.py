"""``seed_orders``: the same data for the same numbers."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from rest_framework.authtoken.models import Token

from accounts.models import Customer, User
from catalogue.models import Category, Product
from nplusone_guard import capture
from orders.models import Order, OrderItem


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(*arguments, stdout=None):
    out = stdout or io.StringIO()
    call_command("seed_orders", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def rows():
    """All that was seeded, without the keys that the database hands out."""
    return {
        "categories": list(Category.objects.order_by("pk").values_list("name")),
        "products": list(
            Product.objects.order_by("pk").values_list(
                "sku", "name", "description", "price", "stock", "category__name"
            )
        ),
        "customers": list(
            Customer.objects.order_by("pk").values_list("name", "email", "is_active")
        ),
        "orders": list(
            Order.objects.order_by("pk").values_list("customer__email", "status", "created_at")
        ),
        "items": list(
            OrderItem.objects.order_by("pk").values_list(
                "order__created_at", "product__sku", "quantity", "unit_price"
            )
        ),
    }


def test_two_runs_give_the_same_rows(db):
    run("--customers", "20", "--orders", "60")
    first = rows()
    assert {name: len(each) for name, each in first.items() if name != "items"} == {
        "categories": 8,
        "products": 120,
        "customers": 20,
        "orders": 60,
    }
    run("--customers", "20", "--orders", "60", "--reset")
    assert rows() == first


def test_the_numbers_that_are_asked_for_are_there_after_it(db):
    said = run("--customers", "200", "--orders", "2000")
    assert (Customer.objects.count(), Order.objects.count()) == (200, 2000)
    assert OrderItem.objects.count() > 2000
    assert not Order.objects.filter(items=None).exists()
    assert said.startswith(
        f"200 customers, 120 products, 2000 orders with {OrderItem.objects.count()} items in "
    )


def test_the_number_of_queries_grows_by_batches_only(db):
    with capture() as small:
        run("--customers", "5", "--orders", "10")
    with capture() as large:
        run("--customers", "50", "--orders", "900", "--reset")
    assert large.findings == (), str(large)
    assert large.queries < small.queries + 40


def test_what_is_there_stays_without_reset(db):
    run("--customers", "2", "--orders", "3")
    before = rows()
    assert run("--customers", "9", "--orders", "9").startswith("3 orders are there already")
    assert rows() == before


def test_products_without_orders_are_not_seeded_over(db):
    run("--customers", "2", "--orders", "3")
    Order.objects.all().delete()
    assert run().startswith("0 orders are there already")
    run("--customers", "2", "--orders", "3", "--reset")
    assert Order.objects.count() == 3


@pytest.mark.parametrize("option", ["--customers", "--orders"])
@pytest.mark.parametrize("number", ["0", "-1", "1.5", "many", ""])
def test_a_number_that_is_none_is_named(db, option, number):
    problem = f"{option}: takes a whole number from 1, not '{number}'"
    with pytest.raises(CommandError, match=problem):
        run(f"{option}={number}")
    assert not Order.objects.exists()


def test_a_progress_bar_is_shown_on_a_terminal_only(db, capfd, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # let the bar take what pytest captures for a terminal
    monkeypatch.setenv("TERM", "xterm")
    run("--customers", "2", "--orders", "3")
    assert capfd.readouterr().out == ""
    run("--customers", "2", "--orders", "3", "--reset", stdout=Terminal())
    assert "orders" in capfd.readouterr().out


def test_without_debug_there_is_no_user_whose_token_is_known(db):
    run("--customers", "2", "--orders", "3")
    assert not User.objects.exists()
    with pytest.raises(CommandError, match="needs DEBUG"):
        run("--token", "a" * 40)


def test_with_debug_the_demo_user_gets_a_token_that_is_shown(db, settings):
    settings.DEBUG = True
    said = run("--customers", "2", "--orders", "3")
    user = User.objects.get(username="demo")
    assert user.is_staff
    assert not user.has_usable_password()
    assert f"Token {Token.objects.get(user=user).key}" in said
    run()
    assert f"Token {Token.objects.get(user=user).key}" in said


def test_a_given_token_replaces_the_one_before_and_is_not_shown(db, settings):
    settings.DEBUG = True
    run("--customers", "2", "--orders", "3")
    for key in ("a" * 40, "a" * 40, "b" * 40):
        said = run("--token", key)
        assert [token.key for token in Token.objects.all()] == [key]
        assert key not in said
