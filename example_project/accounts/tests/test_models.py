from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import Customer, User


def test_the_project_has_a_user_model_of_its_own(db):
    assert get_user_model() is User
    assert User.objects.create_user("ada").check_password("wrong") is False


def test_a_customer_is_active_and_needs_no_user(db):
    customer = Customer.objects.create(name="Ada", email="ada@example.com")
    assert customer.is_active
    assert customer.user is None
    assert str(customer) == "Ada"


def test_a_customer_outlives_the_user(db):
    user = User.objects.create_user("ada")
    customer = Customer.objects.create(user=user, name="Ada", email="ada@example.com")
    user.delete()
    customer.refresh_from_db()
    assert customer.user is None


def test_an_email_belongs_to_one_customer(db):
    Customer.objects.create(name="Ada", email="ada@example.com")
    with pytest.raises(IntegrityError):
        Customer.objects.create(name="Ada again", email="ada@example.com")


def test_an_email_that_is_none_is_not_valid(db):
    with pytest.raises(ValidationError, match="email"):
        Customer(name="Ada", email="ada").full_clean()
