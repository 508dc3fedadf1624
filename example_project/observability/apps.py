from django.apps import AppConfig
from django.conf import settings

from observability import logs, sentry


class ObservabilityConfig(AppConfig):
    name = "observability"

    def ready(self) -> None:
        logs.configure()
        if settings.SENTRY:
            sentry.start(**settings.SENTRY)
