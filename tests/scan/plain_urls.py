"""For a project without DRF."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.http import JsonResponse
from django.urls import path


def groups(request):
    return JsonResponse({"groups": [group.name for group in Group.objects.all()]})


urlpatterns = [path("groups/", groups)]
