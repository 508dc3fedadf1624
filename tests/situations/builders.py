"""Where a queryset is built: not always where it is read."""

from __future__ import annotations

from django.core.paginator import Paginator

from tests.shop.models import Invoice, Order
from tests.situations.situation import n_plus_one, situation

_AUTHOR = n_plus_one(4, "shop.Invoice.author")
_CUSTOMER = n_plus_one(5, "shop.Order.customer")
_JOIN_AUTHOR = 'select_related("author")'
_JOIN_CUSTOMER = 'select_related("customer")'


@situation(_AUTHOR, fix=_JOIN_AUTHOR)
def in_a_method_of_the_queryset():
    return [invoice.author.name for invoice in Invoice.objects.unpaid()]


@situation(_AUTHOR, fix=_JOIN_AUTHOR)
def in_a_method_of_the_manager():
    return [invoice.author.name for invoice in Invoice.objects.of_year(2025)]


@situation(_AUTHOR, fix=_JOIN_AUTHOR)
def in_a_method_of_the_queryset_behind_another():
    return [invoice.author.name for invoice in Invoice.objects.order_by("number").unpaid()]


@situation(n_plus_one(2, "shop.Invoice.author"), fix=_JOIN_AUTHOR)
def in_a_method_of_the_queryset_before_another():
    return [invoice.author.name for invoice in Invoice.objects.numbered(101, 102).order_by("year")]


def _orders():
    return Order.objects.order_by("pk")


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def in_a_function():
    return [order.customer.name for order in _orders()]


def _latest():
    orders = _orders().reverse()
    assert orders.ordered
    return orders


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def in_a_function_that_calls_another():
    latest = _latest()
    names = []
    for order in latest:
        names.append(order.customer.name)
    return names


class Report:
    queryset = Order.objects.order_by("pk")

    def rows(self):
        return self.queryset.all()

    def names(self):
        return [order.customer.name for order in self.rows()]


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def in_an_attribute_of_a_class():
    return Report().names()


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def in_a_variable():
    orders = Order.objects.all()
    return [order.customer.name for order in orders]


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def in_a_variable_that_is_assigned_again():
    orders = Order.objects.all()
    orders = orders.filter(pk__gt=0)
    orders = orders.order_by("pk")
    return [order.customer.name for order in orders]


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def in_a_chain_over_several_lines():
    orders = (
        Order.objects.filter(pk__gt=0)
        .exclude(note="ü")  # what is beyond ASCII counts as bytes
        .order_by("pk")
    )
    return [order.customer.name for order in orders]


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def behind_what_is_beyond_ascii():
    return ["ä" + order.customer.name + "ß" for order in Order.objects.exclude(note="äöü")]


def _names(orders):
    return [order.customer.name for order in orders]


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def given_to_a_function():
    return _names(Order.objects.all())


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def given_to_a_function_by_name():
    orders = Order.objects.all()
    return _names(orders=orders)


@situation(n_plus_one(2, "shop.Order.customer"), fix=_JOIN_CUSTOMER)
def in_a_page():
    paginator = Paginator(Order.objects.order_by("pk"), 2)
    page = paginator.page(2)
    return [order.customer.name for order in page]


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def in_a_generator_of_the_projects():
    def rows():
        yield from Order.objects.order_by("pk")

    return [order.customer.name for order in rows()]


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def changed_by_a_condition():
    orders = Order.objects.order_by("pk")
    if orders.ordered:
        orders = orders.reverse()
    return [order.customer.name for order in orders]


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def a_list_that_is_sorted():
    orders = list(Order.objects.all())
    return [order.customer.name for order in sorted(orders, key=lambda order: -order.pk)]


@situation(_CUSTOMER, fix=_JOIN_CUSTOMER)
def one_of_two_that_an_operator_combines():
    early = Order.objects.filter(note="")
    late = Order.objects.exclude(note="")
    return [order.customer.name for order in early | late]
