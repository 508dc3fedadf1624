"""The routes of a project without models, and without the apps that keep users."""

from __future__ import annotations

from django.urls import path
from rest_framework.generics import ListAPIView


class Numbers(ListAPIView):
    def get_queryset(self):
        return [1, 2, 3]


urlpatterns = [path("numbers/", Numbers.as_view())]
