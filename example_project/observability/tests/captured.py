"""Production's settings, with views that fail and a transport that keeps what would be sent."""

from __future__ import annotations

from typing import Any

from django.urls import path
from sentry_sdk.transport import Transport

from config.settings.prod import *  # noqa: F403
from config.settings.prod import SENTRY

sent: list[Any] = []


class Captured(Transport):
    def capture_envelope(self, envelope: Any) -> None:
        sent.extend(item.payload.json for item in envelope.items if item.payload.json)


if SENTRY:
    SENTRY = {**SENTRY, "transport": Captured}


def fault(request):
    raise RuntimeError("broken")


def null(request):
    from accounts.models import Customer  # noqa: PLC0415  this is read as settings first

    Customer.objects.create(name=None, email=request.GET["email"])


ROOT_URLCONF = "observability.tests.captured"
urlpatterns = [path("fault", fault), path("null", null)]
handler500 = "api.errors.server_error"
