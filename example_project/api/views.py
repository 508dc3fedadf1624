"""What viewsets that write have in common."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from rest_framework import viewsets
from rest_framework.response import Response

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.serializers import BaseSerializer


class WriteViewSet(viewsets.GenericViewSet[Any]):
    """Creates and updates: taken by ``write_serializer_class``, answered as GET shows it.

    What is shown is read anew, by ``get_queryset``: a write's answer has what the database made
    of it, for the same few queries as GET.
    """

    write_serializer_class: type[BaseSerializer[Any]]

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        if self.action in {"create", "update", "partial_update"}:
            return self.write_serializer_class
        return self.get_read_serializer_class()

    def get_read_serializer_class(self) -> type[BaseSerializer[Any]]:
        return super().get_serializer_class()

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        pk = serializer.save().pk
        place = self.reverse_action("detail", args=[pk])
        return Response(self.shown(pk), status=HTTPStatus.CREATED, headers={"Location": place})

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._changed(request, partial=False)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._changed(request, partial=True)

    def _changed(self, request: Request, *, partial: bool) -> Response:
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return Response(self.shown(serializer.save().pk))

    def shown(self, pk: int) -> Any:
        serializer = self.get_read_serializer_class()
        return serializer(
            self.get_queryset().get(pk=pk), context=self.get_serializer_context()
        ).data
