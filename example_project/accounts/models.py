"""Who logs in, and who buys."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """The project's own from the first day: it can't be swapped in later."""


class Customer(models.Model):
    user = models.OneToOneField(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="customer"
    )
    name = models.CharField(max_length=120)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name
