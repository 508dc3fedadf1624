"""What is sold, as it is shown; and, apart from it, as it is written."""

from __future__ import annotations

from rest_framework import serializers

from catalogue.models import Category, Product


class CategorySerializer(serializers.ModelSerializer[Category]):
    product_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Category
        fields = ["id", "name", "product_count"]
        read_only_fields = fields


class CategoryWriteSerializer(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        fields = ["name"]


class ProductCategorySerializer(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        fields = ["id", "name"]
        read_only_fields = fields


class ProductSummarySerializer(serializers.ModelSerializer[Product]):
    category = ProductCategorySerializer(read_only=True)

    class Meta:
        model = Product
        fields = ["id", "sku", "name", "category", "price", "stock"]
        read_only_fields = fields


class ProductSerializer(ProductSummarySerializer):
    class Meta(ProductSummarySerializer.Meta):
        fields = [*ProductSummarySerializer.Meta.fields, "description"]
        read_only_fields = fields


class ProductWriteSerializer(serializers.ModelSerializer[Product]):
    """A product as staff write it, with its category's id."""

    class Meta:
        model = Product
        fields = ["sku", "name", "description", "category", "price", "stock"]
        extra_kwargs = {
            "description": {"max_length": 10_000},
            "stock": {"max_value": 2**31 - 1},  # SQLite would take more than other databases hold
        }
