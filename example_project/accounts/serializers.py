from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as Invalid
from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.validators import UniqueValidator

from accounts.models import Customer, User

_PASSWORD: dict[str, Any] = {
    "max_length": 128,
    "trim_whitespace": False,
    "write_only": True,
    "style": {"input_type": "password"},
}


class CustomerEmailField(serializers.EmailField):
    """Kept in lower case: one address is one customer, and the index finds it."""

    def __init__(self, **kwargs: Any) -> None:
        validators = [UniqueValidator(Customer.objects.all())]
        super().__init__(max_length=254, validators=validators, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """What a customer may see and change of oneself."""

    username = serializers.CharField(source="user.username", read_only=True)
    email = CustomerEmailField()

    class Meta:
        model = Customer
        fields = ["username", "name", "email", "is_active"]
        read_only_fields = ["is_active"]


class SignUpSerializer(serializers.ModelSerializer[User]):
    """A user and the customer that goes with it."""

    name = serializers.CharField(max_length=120)
    email = CustomerEmailField()
    password = serializers.CharField(**_PASSWORD)

    class Meta:
        model = User
        fields = ["username", "password", "name", "email"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        owner = User(username=attrs["username"], first_name=attrs["name"], email=attrs["email"])
        try:
            validate_password(attrs["password"], owner)
        except Invalid as error:
            raise serializers.ValidationError({"password": error.messages}) from None
        return attrs

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> Customer:
        user = User.objects.create_user(
            validated_data["username"], password=validated_data["password"]
        )
        return Customer.objects.create(
            user=user, name=validated_data["name"], email=validated_data["email"]
        )

    def to_representation(self, instance: Customer) -> dict[str, Any]:
        return CustomerSerializer(instance, context=self.context).data


class LogInSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(**_PASSWORD)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = authenticate(self.context["request"], **attrs)
        if user is None:
            raise AuthenticationFailed("Username and password do not belong together.")
        return {"user": user}


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=2_000)


class TokenPairSerializer(serializers.Serializer[Any]):
    """The answer to a log-in and to a refresh."""

    access = serializers.CharField()
    refresh = serializers.CharField()
