"""Views with a budget of their own, every kind that there is; each runs two queries."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.http import HttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.decorators import action, api_view
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from nplusone_guard import query_budget
from tests.shop.models import Order, Product


def two_queries():
    return f"{Order.objects.count()} {Product.objects.count()}"


@query_budget(queries=1)
def function(request):
    return HttpResponse(two_queries())


@query_budget(queries=1)
async def coroutine(request):
    return HttpResponse(await sync_to_async(two_queries)())


@query_budget(queries=1)
class ClassBased(View):
    def get(self, request):
        return HttpResponse(two_queries())


@query_budget(queries=1)
class AsyncClassBased(View):
    async def get(self, request):
        return HttpResponse(await sync_to_async(two_queries)())


class Lenient(ClassBased):
    """Inherits the budget."""


@query_budget(queries=2)
class Roomy(ClassBased):
    """Has a budget of its own in place of the inherited one."""


class Method(View):
    @query_budget(queries=1)
    def get(self, request):
        return HttpResponse(two_queries())


@method_decorator(query_budget(queries=1), name="dispatch")
class Dispatch(View):
    def get(self, request):
        return HttpResponse(two_queries())


class Plain(View):
    def get(self, request):
        return HttpResponse(two_queries())


@query_budget(queries=1)
class Api(APIView):
    def get(self, request):
        return Response(two_queries())


@api_view(["GET"])
@query_budget(queries=1)
def api_function(request):
    return Response(two_queries())


@query_budget(queries=1)
class Sets(ViewSet):
    def list(self, request):
        return Response(two_queries())

    @query_budget(queries=2)
    @action(detail=False)
    def roomy(self, request):
        return Response(two_queries())


class Actions(ViewSet):
    def list(self, request):
        return Response(two_queries())

    @action(detail=False)
    @query_budget(queries=1)
    def tight(self, request):
        return Response(two_queries())


@query_budget(queries=1)
def rendered_later(request):
    """One query, and another when the template is rendered."""
    Order.objects.count()
    template = engines["django"].from_string("{{ products.count }}")
    return TemplateResponse(request, template, {"products": Product.objects})


@query_budget(queries=1)
def helper():
    return two_queries()


def calls_a_helper(request):
    return HttpResponse(helper())


@query_budget(queries=1)
def function_with_helper(request):
    return HttpResponse(helper())


@query_budget(queries=1, rows=0)
def fails(request):
    two_queries()
    raise ZeroDivisionError("the view's own")


#: Over their budget of one query, whatever the kind.
TIGHT = {
    "function": function,
    "coroutine": coroutine,
    "class": ClassBased.as_view(),
    "async-class": AsyncClassBased.as_view(),
    "inherited": Lenient.as_view(),
    "method": Method.as_view(),
    "dispatch": Dispatch.as_view(),
    "urlconf": query_budget(queries=1)(Plain.as_view()),
    "api": Api.as_view(),
    "api-function": api_function,
    "viewset": Sets.as_view({"get": "list"}),
    "action": Actions.as_view({"get": "tight"}),
}
#: Within their budget of two, or without one.
ROOMY = {
    "overridden": Roomy.as_view(),
    "roomy-action": Sets.as_view({"get": "roomy"}),
    "other-action": Actions.as_view({"get": "list"}),
}

urlpatterns = [
    *(path(f"budget/{name}/", view) for name, view in {**TIGHT, **ROOMY}.items()),
    path("budget/rendered-later/", rendered_later),
    path("budget/helper/", calls_a_helper),
    path("budget/function-with-helper/", function_with_helper),
    path("budget/fails/", fails),
]
