"""Everything under /api/; the admin; the browsable API's log-in; what probes ask."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

handler400 = "api.errors.bad_request"
handler403 = "api.errors.permission_denied"
handler404 = "api.errors.not_found"
handler500 = "api.errors.server_error"

urlpatterns = [
    path("api/", include("api.urls")),
    path("api-auth/", include("rest_framework.urls")),
    path("admin/", admin.site.urls),
    path("", include("observability.urls")),
]

if settings.DEBUG:
    urlpatterns += [path("__guard__/", include("nplusone_guard.urls"))]

if "debug_toolbar" in settings.INSTALLED_APPS:
    from debug_toolbar.toolbar import debug_toolbar_urls

    urlpatterns += debug_toolbar_urls()
