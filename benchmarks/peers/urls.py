"""A page for each situation: it runs in a view, as it would in a project."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.situations import SITUATIONS


def situation(_: HttpRequest, name: str) -> HttpResponse:
    SITUATIONS[name].run()
    return HttpResponse()


urlpatterns = [path("<str:name>/", situation)]
