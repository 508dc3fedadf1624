"""The profile as most of us write it first: the same answer as ``accounts/views.py``."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from rest_framework import generics

from accounts.models import Customer
from accounts.serializers import CustomerSerializer


class NaiveProfileView(generics.RetrieveAPIView[Customer]):
    """No eager loading: the user is loaded for the name.

    One query more for the one customer, however many there are: that is no N+1.
    """

    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer

    def get_object(self) -> Customer:
        return get_object_or_404(self.get_queryset(), user=self.request.user)
