"""Queries out of a serializer's fields: which field, along which path, mended where."""

from __future__ import annotations

from tests.rendered.site import Found

LIST = """
    class Orders(generics.ListAPIView):
        queryset = Order.objects.all()
        serializer_class = OrderSerializer

    urlpatterns = [path("", Orders.as_view())]
"""


def test_source_over_a_foreign_key(site):
    site.write(
        """
        class OrderSerializer(serializers.ModelSerializer):
            customer_name = serializers.CharField(source="customer.name")

            class Meta:
                model = Order
                fields = ["id", "customer_name"]
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            "shop.Order.customer",
            5,
            at='customer_name = serializers.CharField(source="customer.name")',
            field="OrderSerializer.customer_name",
            path="customer",
            fix='select_related("customer")',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_source_that_ends_in_the_key_of_a_foreign_key(site):
    site.write(
        """
        class OrderSerializer(serializers.ModelSerializer):
            buyer = serializers.IntegerField(source="customer.id")

            class Meta:
                model = Order
                fields = ["id", "buyer"]
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            "shop.Order.customer",
            5,
            at='buyer = serializers.IntegerField(source="customer.id")',
            field="OrderSerializer.buyer",
            path="customer",
            fix='source="customer_id"',
            where='buyer = serializers.IntegerField(source="customer.id")',
        )
    ]
    site.rewrite('source="customer.id"', site.finding().fix.code)
    assert site.again() == []


def test_source_that_ends_in_the_key_where_another_field_reads_more(site):
    site.write(
        """
        class OrderSerializer(serializers.ModelSerializer):
            buyer = serializers.IntegerField(source="customer.id")
            name = serializers.CharField(source="customer.name")

            class Meta:
                model = Order
                fields = ["id", "buyer", "name"]
        """,
        LIST,
    )
    site.found()
    assert site.finding().fix.code == 'select_related("customer")'
    assert site.mend() == []


def test_source_over_two_foreign_keys_is_one_finding(site):
    site.write(
        """
        class ItemSerializer(serializers.ModelSerializer):
            category = serializers.CharField(source="product.category.name")

            class Meta:
                model = OrderItem
                fields = ["id", "category"]

        class Items(generics.ListAPIView):
            queryset = OrderItem.objects.all()
            serializer_class = ItemSerializer

        urlpatterns = [path("", Items.as_view())]
        """
    )
    assert site.found() == [
        Found(
            "shop.OrderItem.product",
            15,
            at='category = serializers.CharField(source="product.category.name")',
            field="ItemSerializer.category",
            path="product",
            fix='select_related("product__category")',
            where="OrderItem.objects.all()",
            levels=("shop.Product.category",),
        )
    ]
    assert site.mend() == []


def test_string_related_field(site):
    site.write(
        """
        class ItemSerializer(serializers.ModelSerializer):
            order = serializers.StringRelatedField()

            class Meta:
                model = OrderItem
                fields = ["id", "order"]

        class Items(generics.ListAPIView):
            queryset = OrderItem.objects.all()
            serializer_class = ItemSerializer

        urlpatterns = [path("", Items.as_view())]
        """
    )
    assert site.found() == [
        Found(
            "shop.OrderItem.order",
            15,
            at="order = serializers.StringRelatedField()",
            field="ItemSerializer.order",
            path="order",
            fix='select_related("order")',
            where="OrderItem.objects.all()",
        )
    ]
    assert site.mend() == []


def test_slug_related_field(site):
    site.write(
        """
        class OrderSerializer(serializers.ModelSerializer):
            customer = serializers.SlugRelatedField(slug_field="name", read_only=True)

            class Meta:
                model = Order
                fields = ["id", "customer"]
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            "shop.Order.customer",
            5,
            at='customer = serializers.SlugRelatedField(slug_field="name", read_only=True)',
            field="OrderSerializer.customer",
            path="customer",
            fix='select_related("customer")',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_slug_related_field_of_a_to_many_relation(site):
    site.write(
        """
        class ProductSerializer(serializers.ModelSerializer):
            tags = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

            class Meta:
                model = Product
                fields = ["id", "tags"]

        class Products(generics.ListAPIView):
            queryset = Product.objects.all()
            serializer_class = ProductSerializer

        urlpatterns = [path("", Products.as_view())]
        """
    )
    assert site.found() == [
        Found(
            "shop.Product.tags",
            3,
            at='tags = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)',
            field="ProductSerializer.tags",
            path="tags",
            fix='prefetch_related("tags")',
            where="Product.objects.all()",
        )
    ]
    assert site.mend() == []


def test_primary_keys_of_a_to_many_relation(site):
    site.write(
        """
        class ProductSerializer(serializers.ModelSerializer):
            class Meta:
                model = Product
                fields = ["id", "tags", "category"]

        class Products(generics.ListAPIView):
            queryset = Product.objects.all()
            serializer_class = ProductSerializer

        urlpatterns = [path("", Products.as_view())]
        """
    )
    assert site.found() == [
        Found(
            "shop.Product.tags",
            3,
            at='"tags"',
            field="ProductSerializer.tags",
            path="tags",
            fix='prefetch_related("tags")',
            where="Product.objects.all()",
        )
    ]
    assert site.mend() == []


HYPERLINKED = """
    class Detail(generics.RetrieveAPIView):
        queryset = Order.objects.all()
        serializer_class = OrderSerializer

    urlpatterns = [
        path("", Items.as_view()),
        path("items/<pk>/", Detail.as_view(), name="orderitem-detail"),
        path("orders/<pk>/", Detail.as_view(), name="order-detail"),
        path("customers/<pk>/", Detail.as_view(), name="customer-detail"),
        path("products/<pk>/", Detail.as_view(), name="product-detail"),
    ]
"""


def test_hyperlinked_model_serializer_links_by_key_alone_but_for_the_reverse_side(site):
    site.write(
        """
        class OrderSerializer(serializers.HyperlinkedModelSerializer):
            class Meta:
                model = Order
                fields = ["url", "customer", "items"]

        class Items(generics.ListAPIView):
            queryset = Order.objects.all()
            serializer_class = OrderSerializer
        """,
        HYPERLINKED,
    )
    assert site.found() == [
        Found(
            "shop.Order.items",
            5,
            at='"items"',
            field="OrderSerializer.items",
            path="items",
            fix='prefetch_related("items")',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_hyperlinked_related_field_through_a_looked_up_name(site):
    site.write(
        """
        class OrderSerializer(serializers.ModelSerializer):
            class Meta:
                model = Order
                fields = ["id"]

        class ItemSerializer(serializers.ModelSerializer):
            customer = serializers.HyperlinkedRelatedField(
                source="order.customer", view_name="customer-detail", read_only=True
            )

            class Meta:
                model = OrderItem
                fields = ["id", "customer"]

        class Items(generics.ListAPIView):
            queryset = OrderItem.objects.all()
            serializer_class = ItemSerializer
        """,
        HYPERLINKED,
    )
    (found,) = site.found()
    assert found[:1] + found[3:7] == (
        "shop.OrderItem.order",
        "ItemSerializer.customer",
        "order",
        'select_related("order")',
        "OrderItem.objects.all()",
    )
    assert site.mend() == []


NESTED = """
    class ProductSerializer(serializers.ModelSerializer):
        tags = serializers.StringRelatedField(many=True)

        class Meta:
            model = Product
            fields = ["name", "tags"]

    class ItemSerializer(serializers.ModelSerializer):
        product = ProductSerializer()

        class Meta:
            model = OrderItem
            fields = ["quantity", "product"]

    class OrderSerializer(serializers.ModelSerializer):
        items = ItemSerializer(many=True)

        class Meta:
            model = Order
            fields = ["id", "items"]
"""


def test_three_levels_of_nested_serializers_are_one_finding_with_one_fix(site):
    site.write(NESTED, LIST)
    assert site.found() == [
        Found(
            "shop.Order.items",
            5,
            at="items = ItemSerializer(many=True)",
            field="OrderSerializer.items",
            path="items",
            fix='prefetch_related("items__product__tags")',
            where="Order.objects.all()",
            levels=("shop.OrderItem.product", "shop.Product.tags"),
        )
    ]
    assert [each.field_path for each in site.finding().walk()] == [
        "OrderSerializer.items",
        "OrderSerializer.items.product",
        "OrderSerializer.items.product.tags",
    ]
    assert [each.path for each in site.finding().walk()] == [
        "items",
        "items__product",
        "items__product__tags",
    ]
    assert site.mend() == []


def test_two_levels_of_to_many_nested_serializers(site):
    site.write(
        """
        class OrderSerializer(serializers.ModelSerializer):
            class Meta:
                model = Order
                fields = ["id", "items"]

        class CustomerSerializer(serializers.ModelSerializer):
            orders = OrderSerializer(many=True)

            class Meta:
                model = Customer
                fields = ["name", "orders"]

        class Customers(generics.ListAPIView):
            queryset = Customer.objects.all()
            serializer_class = CustomerSerializer

        urlpatterns = [path("", Customers.as_view())]
        """
    )
    assert site.found() == [
        Found(
            "shop.Customer.orders",
            6,
            at="orders = OrderSerializer(many=True)",
            field="CustomerSerializer.orders",
            path="orders",
            fix='prefetch_related("orders__items")',
            where="Customer.objects.all()",
            levels=("shop.Order.items",),
        )
    ]
    assert site.mend() == []


def test_method_field(site):
    site.write(
        """
        class OrderSerializer(serializers.ModelSerializer):
            total = serializers.SerializerMethodField()

            class Meta:
                model = Order
                fields = ["id", "total"]

            def get_total(self, order):
                total = 0
                for item in order.items.all():
                    total += item.quantity
                return total
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            "shop.Order.items",
            5,
            at="order.items.all()",
            field="OrderSerializer.total",
            path="items",
            fix='prefetch_related("items")',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_method_field_of_a_nested_serializer(site):
    site.write(
        """
        class ItemSerializer(serializers.ModelSerializer):
            label = serializers.SerializerMethodField()

            class Meta:
                model = OrderItem
                fields = ["label"]

            def get_label(self, item):
                return item.product.label.text

        class OrderSerializer(serializers.ModelSerializer):
            items = ItemSerializer(many=True)

            class Meta:
                model = Order
                fields = ["id", "items"]
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            "shop.Order.items",
            5,
            at="items = ItemSerializer(many=True)",
            field="OrderSerializer.items",
            path="items",
            fix='prefetch_related("items__product__label")',
            where="Order.objects.all()",
            levels=("shop.OrderItem.product", "shop.Product.label"),
        )
    ]
    assert site.mend() == []


def test_count_in_a_method_field(site):
    site.write(
        """
        class OrderSerializer(serializers.ModelSerializer):
            size = serializers.SerializerMethodField()

            class Meta:
                model = Order
                fields = ["id", "size"]

            def get_size(self, order):
                if hasattr(order, "items_count"):
                    return order.items_count
                return order.items.count()
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            "shop.Order.items",
            5,
            at="order.items.count()",
            field="OrderSerializer.size",
            path="items",
            fix='annotate(items_count=Count("items", distinct=True))',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_property_of_the_model(site):
    site.write(
        """
        class OrderSerializer(serializers.ModelSerializer):
            class Meta:
                model = SpokenOrder
                fields = ["id", "payer_name"]

        class Orders(generics.ListAPIView):
            queryset = SpokenOrder.objects.all()
            serializer_class = OrderSerializer

        urlpatterns = [path("", Orders.as_view())]
        """
    )
    assert site.found() == [
        Found(
            "shop.Order.payer",
            5,
            at="self.payer",
            field="OrderSerializer.payer_name",
            path="payer",
            fix='select_related("payer")',
            where="SpokenOrder.objects.all()",
        )
    ]
    assert site.mend() == []


def test_to_representation_of_a_serializer(site):
    site.write(
        """
        class OrderSerializer(serializers.ModelSerializer):
            class Meta:
                model = Order
                fields = ["id"]

            def to_representation(self, order):
                shown = super().to_representation(order)
                shown["customer"] = order.customer.name
                return shown
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            "shop.Order.customer",
            5,
            at="order.customer",
            path="customer",
            fix='select_related("customer")',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_to_representation_of_a_field(site):
    site.write(
        """
        class Name(serializers.Field):
            def to_representation(self, order):
                return order.customer.name

        class OrderSerializer(serializers.ModelSerializer):
            who = Name(source="*")

            class Meta:
                model = Order
                fields = ["id", "who"]
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            "shop.Order.customer",
            5,
            at="order.customer",
            field="OrderSerializer.who",
            path="customer",
            fix='select_related("customer")',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_list_serializer_of_the_project(site):
    site.write(
        """
        class Sorted(serializers.ListSerializer):
            def to_representation(self, orders):
                ranked = sorted(orders.all(), key=lambda order: order.customer.name)
                return super().to_representation(ranked)

        class OrderSerializer(serializers.ModelSerializer):
            class Meta:
                model = Order
                fields = ["id"]
                list_serializer_class = Sorted
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            "shop.Order.customer",
            5,
            at="order.customer",
            path="customer",
            fix='select_related("customer")',
            where="orders.all()",
        )
    ]
    assert site.mend() == []


def test_serializer_built_by_hand_in_a_method_field(site):
    site.write(
        """
        class ItemSerializer(serializers.ModelSerializer):
            product = serializers.CharField(source="product.name")

            class Meta:
                model = OrderItem
                fields = ["product"]

        class OrderSerializer(serializers.ModelSerializer):
            lines = serializers.SerializerMethodField()

            class Meta:
                model = Order
                fields = ["id", "lines"]

            def get_lines(self, order):
                return ItemSerializer(order.items.all(), many=True).data
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            "shop.Order.items",
            5,
            at="ItemSerializer(order.items.all(), many=True).data",
            field="OrderSerializer.lines",
            path="items",
            fix='prefetch_related("items__product")',
            where="Order.objects.all()",
            levels=("shop.OrderItem.product",),
        )
    ]
    assert site.mend() == []


def test_serializer_of_the_same_object(site):
    site.write(
        """
        class WhoSerializer(serializers.Serializer):
            name = serializers.CharField(source="customer.name")

        class OrderSerializer(serializers.ModelSerializer):
            who = WhoSerializer(source="*")

            class Meta:
                model = Order
                fields = ["id", "who"]
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            "shop.Order.customer",
            5,
            at='name = serializers.CharField(source="customer.name")',
            field="OrderSerializer.who.name",
            path="customer",
            fix='select_related("customer")',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_depth(site):
    site.write(
        """
        class OrderSerializer(serializers.ModelSerializer):
            class Meta:
                model = Order
                fields = ["id", "customer", "payer"]
                depth = 1
        """,
        LIST,
    )
    assert site.found() == [
        Found(
            f"shop.Order.{name}",
            5,
            at=f'"{name}"',
            field=f"OrderSerializer.{name}",
            path=name,
            fix=f'select_related("{name}")',
            where="Order.objects.all()",
        )
        for name in ("customer", "payer")
    ]
    assert site.mend() == []
