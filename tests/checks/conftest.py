from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.test import override_settings
from django.urls import path
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSetMixin

#: Settings that follow each practice, so that a test breaks one at a time.
SOUND = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["tests.checks.sound.Steady"],
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.NamespaceVersioning",
    "EXCEPTION_HANDLER": "tests.checks.sound.exception_handler",
}


def urls(*views):
    """A URL conf of views, each at a route of its own name."""
    router = SimpleRouter(use_regex_path=False)
    patterns = []
    for view in views:
        if isinstance(view, type) and issubclass(view, ViewSetMixin):
            router.register(view.__name__.lower(), view, basename=view.__name__.lower())
        elif isinstance(view, type):
            patterns.append(path(f"{view.__name__.lower()}/", view.as_view()))
        else:
            patterns.append(view)
    return (*patterns, *router.urls)


@pytest.fixture
def said():
    """The messages for some views; ``drf`` changes the framework's settings, ``only`` picks ids."""

    def run(*views, drf=None, only=None, **options):
        with override_settings(ROOT_URLCONF=urls(*views), REST_FRAMEWORK={**SOUND, **(drf or {})}):
            messages = run_checks(tags=["query_guard"], **options)
        numbers = [message.id.removeprefix("nplusone_guard.") for message in messages]
        return [m for m, n in zip(messages, numbers) if only is None or n in only]

    return run
