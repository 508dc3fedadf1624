"""Who is there: signing up, logging in, and one's own profile."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Customer
from accounts.serializers import (
    CustomerSerializer,
    LogInSerializer,
    RefreshSerializer,
    SignUpSerializer,
    TokenPairSerializer,
)
from accounts.tokens import issue, spend
from nplusone_guard import query_budget

if TYPE_CHECKING:
    from rest_framework.request import Request


class OpenView(APIView):
    """For those who have no access token, or one that has expired."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'  # without it DRF makes a 403 of a 401


@query_budget(queries=4)  # is the name free, is the email, the user, the customer
class SignUpView(OpenView, generics.CreateAPIView[Any]):
    serializer_class = SignUpSerializer
    throttle_scope = "signup"

    @extend_schema(responses={201: CustomerSerializer})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)


@query_budget(queries=2)  # the user, the token's row
class LogInView(OpenView):
    throttle_scope = "login"

    @extend_schema(request=LogInSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        serializer = LogInSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        return Response(issue(serializer.validated_data["user"]))


@query_budget(queries=5)  # spent already?, the user, the token's row, spent now, the new one's row
class RefreshView(OpenView):
    @extend_schema(request=RefreshSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        serializer = RefreshSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(issue(spend(serializer.validated_data["refresh"])))


@query_budget(queries=4)
class LogOutView(OpenView):
    """Ends what the refresh token would go on with; an access token lasts its five minutes."""

    @extend_schema(request=RefreshSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        serializer = RefreshSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        spend(serializer.validated_data["refresh"])
        return Response(status=HTTPStatus.NO_CONTENT)


@query_budget(queries=5)  # the user, the customer; to change it: is the email free, the update
class ProfileView(generics.RetrieveUpdateAPIView[Customer]):
    """The customer that the user is; not found for a user who is none."""

    queryset = Customer.objects.select_related("user")
    serializer_class = CustomerSerializer

    def get_object(self) -> Customer:
        return get_object_or_404(self.get_queryset(), user=self.request.user)
