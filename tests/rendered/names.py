"""What each file of a site begins with: ``from tests.rendered.names import *``."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django import forms, template
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, Exists, OuterRef, Prefetch
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import include, path
from django.views import View
from django.views.generic import DetailView, ListView, TemplateView
from rest_framework import generics, mixins, pagination, permissions, serializers, viewsets
from rest_framework.decorators import action, api_view
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.validators import UniqueValidator
from rest_framework.views import APIView

from tests.rendered.models import Box, Room, Shelf, SpokenItem, SpokenOrder
from tests.shop.models import (
    Category,
    Comment,
    Customer,
    Label,
    Order,
    OrderItem,
    Product,
    Tag,
)


def close_connection() -> None:
    """What a thread does last; Django's own close() leaves SQLite in memory open."""
    BaseDatabaseWrapper.close(connection)


__all__ = [
    "APIView",
    "Box",
    "Category",
    "Comment",
    "ContentType",
    "Count",
    "Customer",
    "DetailView",
    "Exists",
    "Group",
    "HttpResponse",
    "JsonResponse",
    "Label",
    "ListView",
    "Order",
    "OrderItem",
    "OuterRef",
    "Prefetch",
    "Product",
    "Response",
    "Room",
    "Shelf",
    "SimpleRouter",
    "SpokenItem",
    "SpokenOrder",
    "StreamingHttpResponse",
    "Tag",
    "TemplateResponse",
    "TemplateView",
    "UniqueValidator",
    "User",
    "View",
    "action",
    "admin",
    "close_connection",
    "api_view",
    "engines",
    "forms",
    "generics",
    "get_object_or_404",
    "include",
    "mixins",
    "pagination",
    "path",
    "permissions",
    "render",
    "serializers",
    "sync_to_async",
    "template",
    "viewsets",
]
