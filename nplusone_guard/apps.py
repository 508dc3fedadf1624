"""The app: puts capture on the connections and registers the checks."""

from __future__ import annotations

from django.apps import AppConfig


class GuardConfig(AppConfig):
    """``INSTALLED_APPS += ["nplusone_guard"]``."""

    name = "nplusone_guard"
    verbose_name = "N+1 guard"

    def ready(self) -> None:
        """Attach to connections; from here on an idle query costs one ContextVar read."""
        from nplusone_guard import checks  # noqa: PLC0415  needs the app registry
        from nplusone_guard.capture.attach import attach  # noqa: PLC0415

        attach()
        checks.register()
