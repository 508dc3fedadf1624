"""Routes of all kinds, and what the scan has to make of each."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.urls import include, path, re_path
from django.views.decorators.http import require_POST
from django.views.generic import DetailView, ListView, RedirectView
from rest_framework import serializers, viewsets
from rest_framework.decorators import api_view
from rest_framework.pagination import LimitOffsetPagination, PageNumberPagination
from rest_framework.permissions import IsAdminUser
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter

from tests.shop.models import Company, Customer, Folder, Order, OrderItem, Product, Topic


class ItemSerializer(serializers.ModelSerializer):
    product = serializers.CharField(source="product.name")

    class Meta:
        model = OrderItem
        fields = ("id", "product")


class ProductSerializer(serializers.ModelSerializer):
    category = serializers.CharField(source="category.name")

    class Meta:
        model = Product
        fields = ("id", "name", "category")


class Products(viewsets.ReadOnlyModelViewSet):
    queryset = Product.objects.order_by("pk")
    serializer_class = ProductSerializer


class TunedProducts(Products):
    queryset = Product.objects.select_related("category").order_by("pk")


class StaffProducts(Products):
    queryset = Product.objects.order_by("-pk")
    permission_classes = (IsAdminUser,)


class Items(viewsets.ReadOnlyModelViewSet):
    serializer_class = ItemSerializer

    def get_queryset(self):
        return OrderItem.objects.filter(order=self.kwargs["order_pk"])


class Two(PageNumberPagination):
    page_size = 2
    page_size_query_param = "size"


class TwoAtMost(LimitOffsetPagination):
    default_limit = 2
    max_limit = 4


class PagedProducts(Products):
    queryset = Product.objects.order_by("name")
    pagination_class = Two


class CutProducts(Products):
    queryset = Product.objects.order_by("name")
    pagination_class = TwoAtMost


class OfNoDatabase(viewsets.ReadOnlyModelViewSet):
    queryset = Topic.objects.all()

    def list(self, request):
        return Response([])


class Texts:
    """What stands for a template."""

    def render_to_response(self, context):
        rows = context.get("object_list") or [context["object"]]
        return HttpResponse(" ".join(map(self.text, rows)))


class Folders(Texts, ListView):
    model = Folder

    def text(self, folder):
        return f"{folder.name} {[child.name for child in folder.children.all()]}"


class FolderByName(Texts, DetailView):
    model = Folder
    slug_field = "name"

    def text(self, folder):
        return folder.name


class Companies(Texts, ListView):
    """Of a model that inherits another's table."""

    model = Company

    def text(self, company):
        return f"{company.name} {len(company.contracts.all())}"


def order_sheet(request, order_id):
    order = get_object_or_404(Order, pk=order_id)
    return JsonResponse({"items": [item.product.name for item in order.items.all()]})


def customer_by_group(request, key):
    return JsonResponse({"name": get_object_or_404(Customer, pk=key).name})


def with_a_query(request):
    if "order" not in request.GET:
        return HttpResponseBadRequest()
    return JsonResponse({"orders": Order.objects.count()})


def writes(request):
    for customer in Customer.objects.all():
        customer.save()
    return JsonResponse({})


def raises(request):
    raise LookupError("no such thing")


def streams(request):
    orders = Order.objects.order_by("pk")
    return StreamingHttpResponse(f"{order.customer.name} " for order in orders)


async def asynchronous(request):
    return JsonResponse({"names": [order.pk async for order in Order.objects.all()]})


@require_POST
def posts(request):
    return HttpResponse()


@api_view(["POST"])
def api_posts(request):
    return Response()


@api_view(["GET"])
def api_orders(request):
    return Response([order.customer.name for order in Order.objects.all()])


def listed(request, label):
    return JsonResponse({"orders": [order.customer.name for order in Order.objects.all()]})


def with_a_token(request):
    names = [order.customer.name for order in Order.objects.all()]
    return HttpResponse(f"<script>token = '{get_token(request)}'</script> {names}")


def unknown(request, thing):
    return HttpResponse(thing)


router = DefaultRouter()
router.register("products", Products)
router.register("tuned", TunedProducts, basename="tuned")
router.register("staff-products", StaffProducts, basename="staff")
router.register("paged", PagedProducts, basename="paged")
router.register("cut", CutProducts, basename="cut")
router.register("nothing", OfNoDatabase, basename="nothing")
router.register(r"orders/(?P<order_pk>[^/.]+)/items", Items, basename="items")

urlpatterns = [
    path("api/", include(router.urls)),
    path("folders/", Folders.as_view()),
    path("folders/<slug:slug>/", FolderByName.as_view()),
    path("companies/", Companies.as_view()),
    path("orders/<int:order_id>/sheet/", order_sheet),
    re_path(r"^customers/(\d+)/$", customer_by_group),
    path("query/", with_a_query),
    path("writes/", writes),
    path("raises/", raises),
    path("streams/", streams),
    path("asynchronous/", asynchronous),
    path("away/", RedirectView.as_view(url="/folders/")),
    path("posts/", posts),
    path("api-posts/", api_posts),
    path("api-orders/", api_orders),
    path("partial/", partial(listed, label="all")),
    path("given/", listed, {"label": "all"}),
    path("folders/", raises),
    path("token/", with_a_token),
    path("unknown/<slug:thing>/", unknown),
]
