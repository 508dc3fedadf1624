"""The orders API's pages and those of the tool, which some want to be there."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from config.urls import *  # noqa: F403
from config.urls import urlpatterns

if "debug_toolbar" in settings.INSTALLED_APPS:  # its own helper adds none where DEBUG is off
    urlpatterns = [*urlpatterns, path("__debug__/", include("debug_toolbar.urls"))]
if "silk" in settings.INSTALLED_APPS:
    urlpatterns = [*urlpatterns, path("silk/", include("silk.urls", namespace="silk"))]
