"""GraphQL and django-ninja: the field that was being resolved is named."""

from __future__ import annotations

import json

import pytest
from django.test import Client, override_settings
from django.urls import path

from tests import serving
from tests.shop.models import Customer, Order

QUERY = "{ orders { id customer { name } } }"
urlpatterns = []


@pytest.fixture
def post(shop):
    """``post(view)`` sends the query to a view and gives the report."""

    def send(view, method="post"):
        urlpatterns[:] = [path("api/", view)]
        serving.reports.clear()
        with override_settings(
            ROOT_URLCONF=__name__,
            MIDDLEWARE=[serving.MIDDLEWARE],
            NPLUSONE_GUARD={"REPORTERS": ["tests.serving.collect"]},
        ):
            from django.urls import clear_url_caches

            clear_url_caches()
            if method == "get":
                response = Client().get("/api/")
            else:
                response = Client().post(
                    "/api/", json.dumps({"query": QUERY}), content_type="application/json"
                )
        assert response.status_code == 200, response.content
        (report,) = serving.reports
        return report

    return send


def test_a_resolver_of_graphene_is_named(post):
    graphene = pytest.importorskip("graphene")
    from graphene_django import DjangoObjectType
    from graphene_django.views import GraphQLView

    class CustomerNode(DjangoObjectType):
        class Meta:
            model = Customer
            fields = ("name",)

    class OrderNode(DjangoObjectType):
        class Meta:
            model = Order
            fields = ("id", "customer")

    class Query(graphene.ObjectType):
        orders = graphene.List(OrderNode)

        def resolve_orders(self, info):
            return Order.objects.all()

    report = post(GraphQLView.as_view(schema=graphene.Schema(query=Query)))
    (finding,) = report.findings
    assert finding.relation == "shop.Order.customer"
    assert finding.field_path == "Query.orders.customer"


def test_a_resolver_of_strawberry_is_named(post):
    strawberry = pytest.importorskip("strawberry")
    from strawberry.django.views import GraphQLView

    @strawberry.type
    class CustomerNode:
        name: str

    @strawberry.type
    class OrderNode:
        id: int
        customer: CustomerNode

    def load_orders() -> list[OrderNode]:
        return list(Order.objects.all())

    @strawberry.type
    class Query:
        orders: list[OrderNode] = strawberry.field(resolver=load_orders)

    globals().update(CustomerNode=CustomerNode, OrderNode=OrderNode)  # annotations are texts here
    report = post(GraphQLView.as_view(schema=strawberry.Schema(query=Query)))
    (finding,) = report.findings
    assert finding.relation == "shop.Order.customer"
    assert finding.field_path == "Query.orders.customer"
    assert finding.fix.code == 'select_related("customer")'


def test_a_schema_of_ninja_is_named(post):
    ninja = pytest.importorskip("ninja")

    class CustomerOut(ninja.Schema):
        name: str

    class OrderOut(ninja.Schema):
        id: int
        customer: CustomerOut

    globals().update(CustomerOut=CustomerOut)
    api = ninja.NinjaAPI(urls_namespace="tests")

    @api.get("/", response=list[OrderOut])
    def orders(request):
        return Order.objects.all()

    report = post_ninja(post, api)
    (finding,) = report.findings
    assert finding.relation == "shop.Order.customer"
    assert finding.field_path == "OrderOut.customer"


def post_ninja(post, api):
    view = next(pattern for pattern in api.urls[0] if str(pattern.pattern) == "").callback
    return post(view, "get")
