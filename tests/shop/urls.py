from __future__ import annotations

from asgiref.sync import sync_to_async
from django.urls import path

from tests.shop import budgets, streams, views

urlpatterns = [
    path("orders/", views.orders),
    path("async/orders/", views.orders_async),
    path("orders/tuned/", views.tuned),
    path("orders/twice/", views.twice),
    path("orders/<int:pk>/", views.order),
    path("orders/serialized/", views.serialized),
    path("async/orders/serialized/", sync_to_async(views.serialized)),
    path("raw/", views.raw),
    path("async/raw/", sync_to_async(views.raw)),
    path("products/<int:count>/", views.products),
    path("async/products/<int:count>/", views.products_async),
    path("timed/", views.timed),
    path("missing/", views.missing),
    path("fails/", views.fails),
    path("async/fails/", views.fails_async),
    path("unavailable/", views.unavailable),
    path("static/site.css", views.orders),
    path("media/photo.jpg", views.orders),
    path("favicon.ico", views.orders),
    path("admin/jsi18n/", views.orders),
    path("page/", streams.page),
    path("async/page/", streams.page_async),
    path("download/", streams.download),
    path("download/naive/", streams.download_naive),
    path("stream/", streams.stream),
    path("async/stream/", streams.stream_async),
    path("stream/breaks/", streams.breaks),
    path("async/stream/breaks/", streams.breaks_async),
    path("async/stream/stalls/", streams.stalls_async),
    *budgets.urlpatterns,
]
