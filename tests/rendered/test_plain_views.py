"""Views without a framework for it: the way from the loop to where its queryset is built."""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest
from django.contrib.auth.models import Group, Permission, User

from tests.rendered.site import Found


def customer(where, **changed):
    return Found(
        "shop.Order.customer",
        5,
        at="order.customer",
        path="customer",
        fix='select_related("customer")',
        where=where,
    )._replace(**changed)


SHOW = """
    def show(request):
        return JsonResponse({"names": names()})

    urlpatterns = [path("", show)]
"""
#: name → (source, text of the expression that builds the queryset).
WAYS = {
    "item of a dict": (
        """
        def names():
            shown = {"title": "all", "orders": Order.objects.filter(pk__gt=0)}
            return [order.customer.name for order in shown["orders"]]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "item of a tuple": (
        """
        def names():
            pair = ("all", Order.objects.filter(pk__gt=0))
            return [order.customer.name for order in pair[1]]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "lambda": (
        """
        def names():
            visible = lambda: Order.objects.filter(pk__gt=0)
            return [order.customer.name for order in visible()]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "item of a dict of the module, with a call of its own": (
        """
        SHOWN = {"orders": Order.objects.filter(pk__gt=0)}

        def names():
            return [order.customer.name for order in SHOWN["orders"].all()]
        """,
        'SHOWN["orders"].all()',
    ),
    "parameter": (
        """
        def names_of(orders):
            return [order.customer.name for order in orders]

        def names():
            return names_of(Order.objects.all())
        """,
        "Order.objects.all()",
    ),
    "parameter with calls of its own": (
        """
        def names_of(orders):
            return [order.customer.name for order in orders.order_by("pk")]

        def names():
            return names_of(Order.objects.all())
        """,
        'orders.order_by("pk")',
    ),
    "parameter handed on by keyword": (
        """
        def names_of(*, orders):
            return [order.customer.name for order in orders]

        def both(title, orders):
            return names_of(orders=orders)

        def names():
            return both("title", Order.objects.filter(pk__gt=0))
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "parameter of a method": (
        """
        class Page:
            def names(self, orders):
                return [order.customer.name for order in orders]

        def names():
            return Page().names(Order.objects.all())
        """,
        "Order.objects.all()",
    ),
    "object of a service": (
        """
        class Orders:
            def __init__(self, least):
                self.least = least

            def visible(self):
                return Order.objects.filter(pk__gt=self.least)

        def names():
            orders = Orders(0)
            return [order.customer.name for order in orders.visible()]
        """,
        "Order.objects.filter(pk__gt=self.least)",
    ),
    "class of a service": (
        """
        class Orders:
            @classmethod
            def all(cls):
                return cls.visible()

            @staticmethod
            def visible():
                return Order.objects.filter(pk__gt=0)

        def names():
            return [order.customer.name for order in Orders.all()]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "attribute set when the object is made": (
        """
        class Page:
            def __init__(self):
                self.orders = Order.objects.filter(pk__gt=0)

            def names(self):
                return [order.customer.name for order in self.orders]

        def names():
            return Page().names()
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "class within a function": (
        """
        def names():
            class Page:
                def orders(self):
                    return Order.objects.filter(pk__gt=0)

                def names(self):
                    return [order.customer.name for order in self.orders()]

            return Page().names()
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "generator": (
        """
        def numbered():
            for order in Order.objects.all():
                yield order

        def names():
            return [order.customer.name for order in numbered()]
        """,
        "Order.objects.all()",
    ),
    "parameter of a generator": (
        """
        def numbered(orders):
            for order in orders:
                yield order

        def names():
            return [order.customer.name for order in numbered(Order.objects.all())]
        """,
        "Order.objects.all()",
    ),
    "parameter of a generator that list() goes through": (
        """
        def names_of(orders):
            for order in orders:
                yield order.customer.name

        def names():
            return list(names_of(Order.objects.all()))
        """,
        "Order.objects.all()",
    ),
    "two ends of one beginning": (
        """
        def found(late=False):
            orders = Order.objects.filter(pk__gt=0)
            if late:
                return orders.order_by("-pk")
            return orders

        def names():
            return [order.customer.name for order in found()]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "one or the other of one beginning": (
        """
        def names(late=False):
            orders = Order.objects.filter(pk__gt=0)
            shown = orders.order_by("-pk") if late else orders
            return [order.customer.name for order in shown]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "one queryset or another": (
        """
        def names():
            found = Order.objects.filter(pk__lt=0) | Order.objects.filter(pk__gt=0)
            return [order.customer.name for order in found]
        """,
        "Order.objects.filter(pk__lt=0)",
    ),
    "relation of one object": (
        """
        def names():
            payer = Customer.objects.get(name="payer")
            return [order.customer.name for order in payer.paid_orders.all()]
        """,
        "payer.paid_orders.all()",
    ),
    "name of an outer function": (
        """
        def names():
            orders = Order.objects.all()

            def shown():
                return [order.customer.name for order in orders]

            return shown()
        """,
        "Order.objects.all()",
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_queryset_is_found_where_it_is_built(site, name):
    source, where = WAYS[name]
    site.write(source, SHOW)
    assert site.found() == [customer(where)]
    assert site.mend() == []


#: name → source; its way can't be followed.
LOST = {
    "tuple": """
        def found():
            return Order.objects.all(), 5

        def names():
            orders, number = found()
            return [
                order.customer.name
                for order in orders
            ]
    """,
    "one of two": """
        def names(late=False):
            orders = Order.objects.all()
            if late:
                orders = Order.objects.order_by("-pk")
            return [
                order.customer.name
                for order in orders
            ]
    """,
    "name that a loop binds": """
        orders = Order.objects.none()

        def names():
            found = []
            for orders in [Order.objects.all()]:
                found += [
                    order.customer.name
                    for order in orders
                ]
            return found
    """,
}


@pytest.mark.parametrize("name", LOST)
def test_where_the_way_is_lost_the_line_of_the_evaluation_is_given(site, name):
    site.write(LOST[name], SHOW)
    assert site.found() == [customer("for order in orders")]
    fix = site.finding().fix
    assert fix.where.column is None
    assert "evaluated there" in fix.explain


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A package that is installed, and not the project's to change."""
    installed = tmp_path / "site-packages"
    installed.mkdir()
    (installed / "a_library.py").write_text(
        dedent(
            """
            from rest_framework import generics

            from tests.shop.models import Order

            def visible():
                return Order.objects.filter(pk__gt=0)

            class Newest(generics.ListAPIView):
                def get_queryset(self):
                    return super().get_queryset().order_by("-pk")

            class Orders(generics.ListAPIView):
                def get_queryset(self):
                    return visible()
            """
        )
    )
    monkeypatch.syspath_prepend(installed)
    yield
    sys.modules.pop("a_library", None)


SERIALIZER = """
    class OrderSerializer(serializers.ModelSerializer):
        customer_name = serializers.CharField(source="customer.name")

        class Meta:
            model = Order
            fields = ["customer_name"]
"""


def test_what_a_library_builds_is_not_to_be_changed_there(site, library):
    site.write(
        """
        from a_library import visible

        def names():
            found = visible()
            return [
                order.customer.name
                for order in found
            ]
        """,
        SHOW,
    )
    assert site.found() == [customer("for order in found")]
    assert site.finding().fix.where.column is None


def test_a_librarys_view_is_given_its_queryset_by_the_project(site, library):
    site.write(
        SERIALIZER,
        """
        from a_library import Newest

        class NewestOrders(Newest):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

        urlpatterns = [path("", NewestOrders.as_view())]
        """,
    )
    (found,) = site.found()
    assert found.where == "Order.objects.all()"
    assert site.mend() == []


def test_what_a_librarys_view_builds_by_itself_has_no_place(site, library):
    site.write(
        SERIALIZER,
        """
        from a_library import Orders

        class AllOrders(Orders):
            serializer_class = OrderSerializer

        urlpatterns = [path("", AllOrders.as_view())]
        """,
    )
    (found,) = site.found()
    assert (found.fix, found.where) == ('select_related("customer")', None)


def test_what_as_view_is_given_is_not_looked_for_on_the_class(site):
    site.write(
        SERIALIZER,
        """
        class Orders(generics.ListAPIView):
            queryset = Order.objects.none()
            serializer_class = OrderSerializer

        urlpatterns = [path("", Orders.as_view(queryset=Order.objects.all()))]
        """,
    )
    (found,) = site.found()
    assert (found.fix, found.where) == ('select_related("customer")', None)
    assert "the queryset that OrderSerializer is given" in site.finding().fix.explain


def test_relation_of_the_user_that_a_view_shows(site):
    user = User.objects.create(username="ada")
    for name in ("first", "second"):
        group = Group.objects.create(name=name)
        group.permissions.set(Permission.objects.all()[:2])
        user.groups.add(group)
    site.write(
        """
        class GroupSerializer(serializers.ModelSerializer):
            class Meta:
                model = Group
                fields = ["name", "permissions"]

        class Groups(generics.ListAPIView):
            serializer_class = GroupSerializer

            def get_queryset(self):
                return self.request.user.groups.all()

        urlpatterns = [path("", Groups.as_view())]
        """
    )
    assert site.found(user="ada") == [
        Found(
            "auth.Group.permissions",
            2,
            at='"permissions"',
            field="GroupSerializer.permissions",
            path="permissions",
            fix='prefetch_related("permissions")',
            where="self.request.user.groups.all()",
        )
    ]
    assert site.mend() == []
