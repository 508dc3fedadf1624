"""What a project that follows the practices names in its settings."""

from __future__ import annotations

from rest_framework.throttling import UserRateThrottle
from rest_framework.views import exception_handler as framework_handler


class Steady(UserRateThrottle):
    rate = "600/min"


def exception_handler(exc, context):
    """Not the framework's; what it does is no matter."""
    return framework_handler(exc, context)
