"""System checks under the tag ``query_guard``; ``docs/checks.md`` has a row for each id.

Settings of the guard are checked always, practices only where Django REST Framework is installed:
nothing of it is imported before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.checks import register as register_check

from nplusone_guard.checks.settings import check_deployment, check_middleware, check_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.apps import AppConfig
    from django.core.checks import CheckMessage

TAG = "query_guard"


def register() -> None:
    """Register the checks with Django."""
    register_check(check_settings, TAG)
    register_check(check_middleware, TAG)
    register_check(check_deployment, TAG, deploy=True)
    register_check(check_practices, TAG)
    register_check(check_deployed_practices, TAG, deploy=True)


def check_practices(
    app_configs: Sequence[AppConfig] | None = None, **_: Any
) -> Iterable[CheckMessage]:
    """What can be seen of an API without a request: its defaults, lists, serializers, queries."""
    if not apps.is_installed("rest_framework"):
        return []
    from nplusone_guard.checks.practices import practices  # noqa: PLC0415  imports the framework

    return practices(app_configs)


def check_deployed_practices(**_: Any) -> Iterable[CheckMessage]:
    """What an API must not be deployed with."""
    if not apps.is_installed("rest_framework"):
        return []
    from nplusone_guard.checks.deployed import deployed  # noqa: PLC0415  only with --deploy

    return deployed()
