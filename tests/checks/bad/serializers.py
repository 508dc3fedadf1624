"""Serializers that follow no practice."""

from __future__ import annotations

from rest_framework import serializers

from tests.shop.models import Category, Customer, Order, OrderItem, Product


class CustomerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Customer
        fields = "__all__"


class ParentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ("name",)


class CategorySerializer(serializers.ModelSerializer):
    parent = ParentSerializer()

    class Meta:
        model = Category
        fields = ("name", "parent")


class ProductSerializer(serializers.ModelSerializer):
    category = CategorySerializer()

    class Meta:
        model = Product
        fields = ("name", "category")


class ItemSerializer(serializers.ModelSerializer):
    product = ProductSerializer()

    class Meta:
        model = OrderItem
        fields = ("quantity", "product")


class OrderSerializer(serializers.ModelSerializer):
    customer = CustomerSerializer()
    payer_name = serializers.CharField(source="payer.name")
    items = ItemSerializer(many=True)

    class Meta:
        model = Order
        fields = ("id", "customer", "payer_name", "items")
