"""``W131``: how a view comes to its queryset and its serializer, and where nothing can be said."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from django.db.models import Count, Manager, Prefetch, prefetch_related_objects
from django.urls import include, path
from rest_framework import serializers, viewsets
from rest_framework.filters import BaseFilterBackend, OrderingFilter
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.versioning import NamespaceVersioning, URLPathVersioning

from tests.shop.models import Category, Customer, Order, OrderItem, Product


class Names(serializers.ModelSerializer):
    class Meta:
        model = Customer
        fields = ("name",)


class Products(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ("name",)


class Items(serializers.ModelSerializer):
    product = Products()

    class Meta:
        model = OrderItem
        fields = ("product",)


class Orders(serializers.ModelSerializer):
    customer = Names()

    class Meta:
        model = Order
        fields = ("customer",)


class WithItems(serializers.ModelSerializer):
    items = Items(many=True)

    class Meta:
        model = Order
        fields = ("items",)


class Ids(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ("id",)


class OrderList(ListAPIView):
    queryset = Order.objects.all()
    serializer_class = Orders


def line_of(text):
    lines = Path(__file__).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


N1 = '\n\t  shop.Order.customer, read by Orders.customer: select_related("customer")'


def test_the_message_names_view_serializer_relation_field_lookup_and_code(said):
    (warning,) = said(OrderList, only={"W131"})
    assert warning.obj == f"tests/checks/test_views.py:{line_of('class OrderList')} OrderList"
    assert warning.msg == (
        "N+1: Orders reads a relation that the view's queryset does not load; each row runs a "
        f"query of its own:{N1}"
    )
    assert warning.hint == 'queryset = Order.objects.select_related("customer")'


class Inherits(OrderList):
    pass


def test_the_code_goes_where_the_queryset_is(said):
    (warning,) = said(Inherits, only={"W131"})
    assert warning.hint == (
        'queryset = Order.objects.select_related("customer") in tests/checks/test_views.py:'
        f"{line_of('class OrderList')} OrderList"
    )


class Scoped(OrderList):
    def get_queryset(self):
        return Order.objects.filter(customer=self.request.user.pk, payer__name="me").all()


def test_a_queryset_for_the_user_is_seen(said):
    (warning,) = said(Scoped, only={"W131"})
    assert warning.hint == (
        'return Order.objects.filter(customer=self.request.user.pk, payer__name="me")'
        '.select_related("customer") in Scoped.get_queryset '
        f"(tests/checks/test_views.py:{line_of('class Scoped') + 1})"
    )


class Branches(OrderList):
    def get_queryset(self):
        orders = super().get_queryset()
        if self.request.user.is_staff:
            return orders.select_related("customer")
        return orders.filter(
            customer__name="me",
        )


def test_the_branch_of_a_user_like_any_other_is_judged(said):
    (warning,) = said(Branches, only={"W131"})
    assert warning.hint == (
        '.select_related("customer") on what Branches.get_queryset '
        f"(tests/checks/test_views.py:{line_of('class Branches') + 1}) returns"
    )


class Nested(OrderList):
    def get_queryset(self):
        return Order.objects.filter(customer_id=self.kwargs["customer_pk"])


class Rows(viewsets.ReadOnlyModelViewSet):
    queryset = Order.objects.all()
    serializer_class = WithItems


class ByAction(Rows):
    def get_queryset(self):
        if self.action == "list":
            return Order.objects.prefetch_related("items__product")
        return Order.objects.all()


class PlainManager(OrderList):
    queryset = Order.objects

    def get_queryset(self):
        assert isinstance(self.queryset, Manager)
        return self.queryset


class Calls(Rows):
    def list(self, request, *args, **kwargs):
        return super().list(request, *args, **kwargs)


class Sorts(OrderList):
    filter_backends = (OrderingFilter,)


@pytest.mark.parametrize(
    "view",
    [
        path("customers/<int:customer_pk>/orders/", Nested.as_view()),
        path("customers/<uuid:customer_pk>/", include([path("orders/", Nested.as_view())])),
        PlainManager,
        Calls,
        Sorts,
    ],
)
def test_a_view_that_can_be_followed_is_judged(said, view):
    assert len(said(view, only={"W131"})) == 1


# --- One object ---


class OneOrder(RetrieveAPIView):
    queryset = Order.objects.all()
    serializer_class = WithItems


def test_of_one_object_only_what_repeats_within_it_is_said(said):
    (warning,) = said(path("orders/<int:pk>/", OneOrder.as_view()), only={"W131"})
    assert warning.msg == (
        "N+1: WithItems reads a relation that the view's queryset does not load; each nested row "
        "runs a query of its own:\n\t  shop.OrderItem.product, read by WithItems.items.product: "
        'prefetch_related("items__product")'
    )


def test_what_the_list_lacks_is_not_said_of_one_object_again(said):
    (warning,) = said(Rows, only={"W131"})
    assert warning.hint == 'queryset = Order.objects.prefetch_related("items__product")'


def test_what_only_one_object_lacks_is_said(said):
    (warning,) = said(ByAction, only={"W131"})
    assert "each nested row" in warning.msg


def test_one_object_loads_its_relations_by_itself(said):
    view = type("One", (OneOrder,), {"serializer_class": Orders})
    assert said(path("orders/<int:pk>/", view.as_view()), only={"W131"}) == []


# --- The serializer ---


class ByVersion(OrderList):
    versioning_class = NamespaceVersioning

    def get_serializer_class(self):
        return Orders if self.request.version == "v2" else Ids


def versions(view):
    routes = [path("orders/", view.as_view())]
    return (
        path("v1/", include((routes, "shop"), namespace="v1")),
        path("v2/", include((routes, "shop"), namespace="v2")),
    )


def test_each_version_is_judged_by_its_serializer(said):
    v1, v2 = versions(ByVersion)
    assert said(v1, only={"W131"}) == []
    (warning,) = said(v1, v2, only={"W131"})
    assert N1 in warning.msg


class ByPath(ByVersion):
    versioning_class = URLPathVersioning


def test_a_version_that_the_url_would_give_is_made_up(said):
    assert said(path("<str:version>/orders/", ByPath.as_view()), only={"W131"}) == []


class ByContext(serializers.ModelSerializer):
    customer = Names()

    class Meta:
        model = Order
        fields = ("id", "customer")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "full" not in self.context["request"].query_params:
            self.fields.pop("customer")


class Changes(Orders):
    def to_representation(self, instance):
        return {**super().to_representation(instance), "more": 1}


class Replaces(Orders):
    def to_representation(self, instance):
        return {"id": instance.pk}


class Eager(Orders):
    @classmethod
    def many_init(cls, *args, **kwargs):
        if args and hasattr(args[0], "select_related"):
            args = (args[0].select_related("customer"), *args[1:])
        return super().many_init(*args, **kwargs)


class OwnList(serializers.ListSerializer):
    def to_representation(self, data):
        prefetch_related_objects(data, "customer")
        return super().to_representation(data)


class Listed(Orders):
    class Meta(Orders.Meta):
        list_serializer_class = OwnList


class Silent(serializers.Field):
    def get_attribute(self, instance):
        return instance.pk


class OwnField(serializers.ModelSerializer):
    customer = Silent()

    class Meta:
        model = Order
        fields = ("customer",)


class Method(serializers.ModelSerializer):
    name = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = ("name",)

    def get_name(self, order):
        return order.customer.name


class Filtered(serializers.ListSerializer):
    def to_representation(self, data):
        return super().to_representation(data.filter(quantity=1))


class FilteredItems(Items):
    class Meta(Items.Meta):
        list_serializer_class = Filtered


class NestedOwnList(serializers.ModelSerializer):
    items = FilteredItems(many=True)

    class Meta:
        model = Order
        fields = ("items",)


class Unbindable(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ("no_such_field",)


def test_a_serializer_that_adds_to_the_frameworks_is_judged(said):
    view = type("Shown", (OrderList,), {"serializer_class": Changes})
    assert len(said(view, only={"W131"})) == 1


@pytest.mark.parametrize(
    "serializer",
    [ByContext, Replaces, Eager, Listed, OwnField, Method, NestedOwnList, Unbindable, Ids],
)
def test_of_what_a_serializer_does_by_itself_nothing_is_said(said, serializer):
    view = type("Shown", (OrderList,), {"serializer_class": serializer})
    assert said(view, only={"W131"}) == []


# --- Near misses ---


class Counts(serializers.ModelSerializer):
    item_count = serializers.IntegerField(source="items.count")

    class Meta:
        model = Order
        fields = ("item_count",)


def test_rows_that_are_only_counted_are_counted_in_the_query(said):
    view = type("Shown", (OrderList,), {"serializer_class": Counts})
    (warning,) = said(view, only={"W131"})
    place = f"tests/checks/test_views.py:{line_of('class OrderList')} OrderList"
    assert warning.hint == (
        'queryset = Order.objects.annotate(item_count=Count("items", distinct=True)) in '
        f"{place}, and item_count = serializers.IntegerField() in Counts"
    )


class CountsAndShows(Counts):
    items = serializers.IntegerField(source="items.count")
    shown = Items(many=True, source="items")

    class Meta:
        model = Order
        fields = ("item_count", "items", "shown")


def test_rows_that_are_shown_too_are_counted_among_those(said):
    view = type("Shown", (OrderList,), {"serializer_class": CountsAndShows})
    (warning,) = said(view, only={"W131"})
    assert warning.hint.startswith('queryset = Order.objects.prefetch_related("items__product") in')
    assert "IntegerField" not in warning.hint


class NamedAlike(serializers.ModelSerializer):
    items = serializers.IntegerField(source="items.count")

    class Meta:
        model = Order
        fields = ("items",)


def test_a_count_that_is_called_as_the_relation_gets_another_name(said):
    view = type("Shown", (OrderList,), {"serializer_class": NamedAlike})
    (warning,) = said(view, only={"W131"})
    assert '.annotate(items_count=Count("items", distinct=True))' in warning.hint
    assert warning.hint.endswith(
        'and items = serializers.IntegerField(source="items_count") in NamedAlike'
    )


def test_once_they_are_counted_there_nothing_is_said(said, shop):
    field = serializers.IntegerField()
    counted = type("Counted", (Counts,), {"item_count": field, "__module__": __name__})
    rows = Order.objects.annotate(item_count=Count("items", distinct=True))
    view = type("Shown", (OrderList,), {"serializer_class": counted, "queryset": rows})
    assert said(view, only={"W131"}) == []
    assert counted(rows.all(), many=True).data[0] == {"item_count": 3}


class LooksByItself(OrderList):
    def list(self, request, *args, **kwargs):
        return Response(Orders(Order.objects.select_related("customer"), many=True).data)


class MakesAList(OrderList):
    """It calls ``list``, the built-in one, and ``super()``, for something else."""

    def list(self, request, *args, **kwargs):
        return Response(list(Ids(super().get_queryset(), many=True).data))


class GetsAList(OrderList):
    def get(self, request, *args, **kwargs):
        super().options(request)
        assert request.query_params.get("all")
        return Response(list(Ids(Order.objects.all(), many=True).data))


class Widens(OrderList):
    def list(self, request, *args, **kwargs):
        self.queryset = self.queryset.select_related("customer")
        return super().list(request, *args, **kwargs)


class WidensFirst(OrderList):
    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.queryset = self.queryset.select_related("customer")


class LoadsPages(OrderList):
    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        prefetch_related_objects(page or [], "customer")
        return page


class LoadingPages(PageNumberPagination):
    page_size = 25

    def paginate_queryset(self, queryset, request, view=None):
        return super().paginate_queryset(queryset.select_related("customer"), request, view)


class PagesByItself(OrderList):
    pagination_class = LoadingPages


class LoadsForSerializer(OrderList):
    def get_serializer(self, *args, **kwargs):
        prefetch_related_objects(args[0], "customer")
        return super().get_serializer(*args, **kwargs)


class Joining(BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        return queryset.select_related("customer")


class FiltersBack(OrderList):
    filter_backends = (Joining,)


class Filters(OrderList):
    def filter_queryset(self, queryset):
        return super().filter_queryset(queryset).select_related("customer")


class Nothing(OrderList):
    def get_queryset(self):
        return Order.objects.none()


class Values(OrderList):
    queryset = Order.objects.values("customer")


class Union(OrderList):
    queryset = Order.objects.filter(pk=1).union(Order.objects.filter(pk=2))


class List(OrderList):
    def get_queryset(self):
        return [Order(), Order()]


class OwnObject(OneOrder):
    def get_object(self):
        return Order.objects.prefetch_related("items__product").first()


class NeedsUser(OrderList):
    def get_queryset(self):
        return Order.objects.filter(customer=self.request.user.customer)


class Queries(OrderList):
    def get_queryset(self):
        return Order.objects.filter(customer=Customer.objects.first())


class Catches(OrderList):
    def get_queryset(self):
        try:
            return Order.objects.filter(pk=Order.objects.latest("pk").pk)
        except Exception:  # noqa: BLE001
            return Order.objects.none()


class TreeSerializer(serializers.ModelSerializer):
    children = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = Category
        fields = ("children",)


class Renamed(ListAPIView):
    queryset = Category.objects.prefetch_related(
        Prefetch("children", Category.objects.none(), to_attr="none"), "children"
    )
    serializer_class = TreeSerializer


@pytest.mark.parametrize(
    "view",
    [
        LooksByItself,
        MakesAList,
        GetsAList,
        Widens,
        WidensFirst,
        LoadsPages,
        PagesByItself,
        LoadsForSerializer,
        FiltersBack,
        Filters,
        Nothing,
        Values,
        Union,
        List,
        path("orders/<int:pk>/", OwnObject.as_view()),
        NeedsUser,
        Catches,
        Renamed,
    ],
)
def test_where_it_can_not_be_known_nothing_is_said(said, view, db):
    assert said(view, only={"W131"}) == []


REFUSED = (
    "tests.checks.test_views.Queries is not checked: QueryRefused('no query is run for a check')"
)


def test_a_query_is_refused_and_the_log_says_which_view_was_left_out(said, caplog, db):
    caplog.set_level(logging.DEBUG, logger="nplusone_guard")
    assert said(Queries, only={"W131"}) == []
    assert REFUSED in caplog.messages


def test_a_connection_is_refused_too(said, caplog):
    """Without the ``db`` fixture it would be another error."""
    caplog.set_level(logging.DEBUG, logger="nplusone_guard")
    assert said(Queries, only={"W131"}) == []
    assert REFUSED in caplog.messages


def test_afterwards_queries_run_as_before(said, db):
    said(Queries, OrderList)
    assert not Order.objects.exists()
