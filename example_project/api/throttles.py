"""Rates beyond DRF's own; ``DEFAULT_THROTTLE_RATES`` has the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS
from rest_framework.throttling import UserRateThrottle

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class WriteThrottle(UserRateThrottle):
    """Counts what writes, on all endpoints together: by user, else by address."""

    scope = "writes"

    def allow_request(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or super().allow_request(request, view)
