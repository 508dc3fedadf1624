"""Where the view's queryset is built: what to type is typed there."""

from __future__ import annotations

import pytest

from tests.rendered.site import Found
from tests.shop.models import Order

SERIALIZERS = """
    class OrderSerializer(serializers.ModelSerializer):
        customer_name = serializers.CharField(source="customer.name")

        class Meta:
            model = Order
            fields = ["id", "customer_name"]
"""
PAGES = """
    class Pages(pagination.PageNumberPagination):
        page_size = 10
"""
AT = 'customer_name = serializers.CharField(source="customer.name")'


def customer(where, **changed):
    return Found(
        "shop.Order.customer",
        5,
        at=AT,
        field="OrderSerializer.customer_name",
        path="customer",
        fix='select_related("customer")',
        where=where,
    )._replace(**changed)


#: name → (source of the view, text of the expression that builds its queryset).
VIEWS = {
    "viewset with a queryset attribute": (
        """
        class Orders(viewsets.ModelViewSet):
            queryset = Order.objects.order_by("id")
            serializer_class = OrderSerializer

        router = SimpleRouter()
        router.register("", Orders)
        urlpatterns = router.urls
        """,
        'Order.objects.order_by("id")',
    ),
    "viewset with get_queryset": (
        """
        class Orders(viewsets.ReadOnlyModelViewSet):
            serializer_class = OrderSerializer

            def get_queryset(self):
                return Order.objects.filter(pk__gt=0)

        urlpatterns = [path("", Orders.as_view({"get": "list"}))]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "get_queryset with super()": (
        """
        class Orders(generics.ListAPIView):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

            def get_queryset(self):
                return super().get_queryset().filter(pk__gt=0)

        urlpatterns = [path("", Orders.as_view())]
        """,
        "super().get_queryset().filter(pk__gt=0)",
    ),
    "get_queryset with super() in steps": (
        """
        class Orders(generics.ListAPIView):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

            def get_queryset(self):
                orders = super().get_queryset()
                if self.request.GET.get("late"):
                    orders = orders.order_by("-pk")
                return orders

        urlpatterns = [path("", Orders.as_view())]
        """,
        "super().get_queryset()",
    ),
    "get_queryset with two returns": (
        """
        class Orders(generics.ListAPIView):
            serializer_class = OrderSerializer

            def get_queryset(self):
                if self.request.GET.get("late"):
                    return Order.objects.order_by("-pk")
                return Order.objects.all()

        urlpatterns = [path("", Orders.as_view())]
        """,
        "def get_queryset(self):",
    ),
    "get_queryset of a mixin that adds to the view's": (
        """
        class Newest:
            def get_queryset(self):
                return super().get_queryset().order_by("-pk")

        class Orders(Newest, generics.ListAPIView):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.all()",
    ),
    "get_queryset of a base that takes no heed of the view's": (
        """
        class OrderView(generics.ListAPIView):
            def get_queryset(self):
                return Order.objects.filter(pk__gt=0)

        class Orders(OrderView):
            queryset = Order.objects.none()
            serializer_class = OrderSerializer

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "queryset of a base": (
        """
        class OrderView(generics.GenericAPIView):
            queryset = Order.objects.all()

        class Orders(mixins.ListModelMixin, OrderView):
            serializer_class = OrderSerializer

            def get(self, request):
                return self.list(request)

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.all()",
    ),
    "get_queryset that begins with a name of the module": (
        """
        ORDERS = Order.objects.filter(pk__gt=0)

        class Orders(generics.ListAPIView):
            serializer_class = OrderSerializer

            def get_queryset(self):
                return ORDERS.all()

        urlpatterns = [path("", Orders.as_view())]
        """,
        "ORDERS.all()",
    ),
    "get_queryset that calls another method": (
        """
        class Orders(generics.ListAPIView):
            serializer_class = OrderSerializer

            def get_queryset(self):
                return self.visible()

            def visible(self):
                return Order.objects.filter(pk__gt=0)

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "list() of the project": (
        """
        class Orders(viewsets.ModelViewSet):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

            def list(self, request):
                orders = self.filter_queryset(self.get_queryset())
                return Response(self.get_serializer(orders, many=True).data)

        urlpatterns = [path("", Orders.as_view({"get": "list"}))]
        """,
        "Order.objects.all()",
    ),
    "list() of the project, paginated": (
        """
        class Orders(viewsets.ModelViewSet):
            queryset = Order.objects.order_by("id")
            serializer_class = OrderSerializer
            pagination_class = Pages

            def list(self, request):
                page = self.paginate_queryset(self.get_queryset())
                serializer = self.get_serializer(page, many=True)
                return self.get_paginated_response(serializer.data)

        urlpatterns = [path("", Orders.as_view({"get": "list"}))]
        """,
        'Order.objects.order_by("id")',
    ),
    "list() that wraps Django REST framework's": (
        """
        class Orders(viewsets.ModelViewSet):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

            def list(self, request):
                response = super().list(request)
                response["X-Orders"] = str(len(response.data))
                return response

        urlpatterns = [path("", Orders.as_view({"get": "list"}))]
        """,
        "Order.objects.all()",
    ),
    "paginated": (
        """
        class Orders(generics.ListAPIView):
            queryset = Order.objects.order_by("id")
            serializer_class = OrderSerializer
            pagination_class = Pages

        urlpatterns = [path("", Orders.as_view())]
        """,
        'Order.objects.order_by("id")',
    ),
    "filter_queryset of the project": (
        """
        class Orders(generics.ListAPIView):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

            def filter_queryset(self, queryset):
                return queryset.filter(pk__gt=0)

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.all()",
    ),
    "APIView with a queryset of its own": (
        """
        class Orders(APIView):
            def get(self, request):
                orders = Order.objects.filter(pk__gt=0)
                serializer = OrderSerializer(orders, many=True)
                return Response(serializer.data)

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "serializer for each row": (
        """
        class Orders(generics.GenericAPIView):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

            def get(self, request):
                return Response([OrderSerializer(order).data for order in self.get_queryset()])

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.all()",
    ),
    "function view": (
        """
        @api_view(["GET"])
        def orders(request):
            return Response(OrderSerializer(Order.objects.all(), many=True).data)

        urlpatterns = [path("", orders)]
        """,
        "Order.objects.all()",
    ),
    "action": (
        """
        class Orders(viewsets.ModelViewSet):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

            @action(detail=False)
            def recent(self, request):
                orders = Order.objects.order_by("-pk")[:5]
                return Response(OrderSerializer(orders, many=True).data)

        urlpatterns = [path("", Orders.as_view({"get": "recent"}))]
        """,
        'Order.objects.order_by("-pk")',
    ),
    "action on the view's queryset": (
        """
        class Orders(viewsets.ModelViewSet):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

            @action(detail=False)
            def recent(self, request):
                orders = self.get_queryset().order_by("-pk")
                return Response(self.get_serializer(orders, many=True).data)

        urlpatterns = [path("", Orders.as_view({"get": "recent"}))]
        """,
        'self.get_queryset().order_by("-pk")',
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_the_fix_goes_where_the_view_builds_its_queryset(site, name):
    source, where = VIEWS[name]
    site.write(SERIALIZERS, PAGES, source)
    assert site.found() == [customer(where)]
    if not where.startswith("def "):
        assert site.mend() == []


def test_a_queryset_that_is_empty_is_not_the_one_whose_rows_were_read(site):
    site.write(
        SERIALIZERS,
        """
        class Orders(generics.ListAPIView):
            queryset = Order.objects.none()
            serializer_class = OrderSerializer

            def filter_queryset(self, queryset):
                return Order.objects.all()

        urlpatterns = [path("", Orders.as_view())]
        """,
    )
    assert site.found() == [customer(None)]


DETAIL = """
    class ItemSerializer(serializers.ModelSerializer):
        product = serializers.CharField(source="product.name")

        class Meta:
            model = OrderItem
            fields = ["product"]

    class OrderSerializer(serializers.ModelSerializer):
        items = ItemSerializer(many=True)

        class Meta:
            model = Order
            fields = ["id", "items"]
"""
#: name → (source of the view, text of the expression behind its one object).
DETAIL_VIEWS = {
    "retrieve": (
        """
        class Orders(viewsets.ModelViewSet):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

        urlpatterns = [path("<int:pk>/", Orders.as_view({"get": "retrieve"}))]
        """,
        "Order.objects.all()",
    ),
    "retrieve with get_queryset": (
        """
        class Orders(generics.RetrieveAPIView):
            serializer_class = OrderSerializer

            def get_queryset(self):
                return Order.objects.filter(pk__gt=0)

        urlpatterns = [path("<int:pk>/", Orders.as_view())]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "get_object of the project": (
        """
        class Orders(generics.RetrieveAPIView):
            serializer_class = OrderSerializer

            def get_object(self):
                return get_object_or_404(Order.objects.all(), pk=self.kwargs["pk"])

        urlpatterns = [path("<int:pk>/", Orders.as_view())]
        """,
        "Order.objects.all()",
    ),
    "get_object_or_404 of a model": (
        """
        @api_view(["GET"])
        def order(request, pk):
            return Response(OrderSerializer(get_object_or_404(Order, pk=pk)).data)

        urlpatterns = [path("<int:pk>/", order)]
        """,
        "Order",
    ),
    "objects.get": (
        """
        @api_view(["GET"])
        def order(request, pk):
            order = Order.objects.get(pk=pk)
            return Response(OrderSerializer(order).data)

        urlpatterns = [path("<int:pk>/", order)]
        """,
        "Order.objects",
    ),
    "action on one object": (
        """
        class Orders(viewsets.ModelViewSet):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

            @action(detail=True)
            def lines(self, request, pk):
                return Response(OrderSerializer(self.get_object()).data)

        urlpatterns = [path("<int:pk>/", Orders.as_view({"get": "lines"}))]
        """,
        "Order.objects.all()",
    ),
}


@pytest.mark.parametrize("name", DETAIL_VIEWS)
def test_of_one_object_the_fix_goes_where_its_queryset_is_built(site, name):
    source, where = DETAIL_VIEWS[name]
    site.write(DETAIL, source)
    expected = Found(
        "shop.OrderItem.product",
        3,
        at='product = serializers.CharField(source="product.name")',
        field="OrderSerializer.items.product",
        path="items__product",
        fix='prefetch_related("items__product")',
        where=where,
    )
    if where == "Order":
        expected = expected._replace(fix='objects.prefetch_related("items__product")')
    assert site.found(f"/{Order.objects.first().pk}/") == [expected]
    assert site.mend() == []


def test_permission_asked_for_each_object_of_a_list(site):
    site.write(
        SERIALIZERS,
        """
        class IsPayer(permissions.BasePermission):
            def has_object_permission(self, request, view, order):
                return order.payer.name == "payer"

        class Orders(generics.ListAPIView):
            queryset = Order.objects.select_related("customer")
            serializer_class = OrderSerializer
            permission_classes = [IsPayer]

            def filter_queryset(self, queryset):
                for order in queryset:
                    self.check_object_permissions(self.request, order)
                return queryset

        urlpatterns = [path("", Orders.as_view())]
        """,
    )
    assert site.found() == [
        Found(
            "shop.Order.payer",
            5,
            at="order.payer",
            path="payer",
            fix='select_related("payer")',
            where='Order.objects.select_related("customer")',
        )
    ]
    assert site.mend() == []


def test_permission_asked_in_a_method_field(site):
    site.write(
        """
        class IsPayer(permissions.BasePermission):
            def has_object_permission(self, request, view, order):
                return order.payer.name == "payer"

        class OrderSerializer(serializers.ModelSerializer):
            editable = serializers.SerializerMethodField()

            class Meta:
                model = Order
                fields = ["id", "editable"]

            def get_editable(self, order):
                request, view = self.context["request"], self.context["view"]
                return IsPayer().has_object_permission(request, view, order)

        class Orders(generics.ListAPIView):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

        urlpatterns = [path("", Orders.as_view())]
        """,
    )
    assert site.found() == [
        Found(
            "shop.Order.payer",
            5,
            at="order.payer",
            field="OrderSerializer.editable",
            path="payer",
            fix='select_related("payer")',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_the_page_that_shows_the_answer_in_a_browser(site):
    site.write(
        SERIALIZERS,
        """
        class Orders(generics.ListCreateAPIView):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer

        urlpatterns = [path("", Orders.as_view())]
        """,
    )
    assert site.found(headers={"accept": "text/html"}) == [customer("Order.objects.all()")]
    assert site.mend() == []


def test_query_count_of_pages_and_authentication_are_silent(site):
    site.write(
        SERIALIZERS,
        PAGES,
        """
        class Orders(generics.ListAPIView):
            queryset = Order.objects.select_related("customer").order_by("id")
            serializer_class = OrderSerializer
            pagination_class = Pages
            permission_classes = [permissions.IsAuthenticated]

        urlpatterns = [path("", Orders.as_view())]
        """,
    )
    assert site.found(user="ada") == []
    assert site.report.queries == 4  # session, user, count, orders
