"""The project's URLs, and views that go wrong in ways that the API's own do not."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import IntegrityError
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from accounts.models import Customer
from catalogue.models import Category
from config.urls import *  # noqa: F403
from config.urls import urlpatterns as working


class Broken(APIView):
    permission_classes = (AllowAny,)
    versioning_class = None

    def get(self, request, fault):
        if fault == "taken":  # as when two requests pass the serializer at a time
            Category.objects.create(name="Books")
            Category.objects.create(name="Books")
        if fault == "null":
            Customer.objects.create(name=None, email="a@example.com")
        raise RuntimeError("the password is swordfish")


def plain(request, fault):
    """No view of DRF's: what middleware raises ends so too."""
    raise {"suspicious": SuspiciousOperation, "denied": PermissionDenied, "broken": IntegrityError}[
        fault
    ]("the password is swordfish")


urlpatterns = [
    path("api/broken/<fault>/", Broken.as_view()),
    path("api/plain/<fault>/", plain),
    path("elsewhere/plain/<fault>/", plain),
    *working,  # whose last one takes all of /api/
]
