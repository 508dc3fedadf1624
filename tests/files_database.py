"""A database in a file, which threads can share, for the tests that run several of them."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager

from asgiref.sync import sync_to_async
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction
from django.test.utils import override_settings

from tests.conftest import fill

ALIAS = "files"


class Router:
    """All models to the database in the file."""

    def db_for_read(self, model, **hints):
        return ALIAS

    db_for_write = db_for_read


def run(coroutine):
    """``asyncio.run``, after which the thread of its queries keeps no connection to the file."""

    async def whole():
        try:
            return await coroutine
        finally:
            await sync_to_async(disconnect)()

    return asyncio.run(whole())


def disconnect():
    """Close this thread's connection to the file and forget it."""
    connections[ALIAS].close()
    del connections[ALIAS]


@contextmanager
def files_database(path):
    """The shop, in a new file."""
    connections.settings[ALIAS] = {**connections.settings["other"], "NAME": str(path)}
    try:
        with connections[ALIAS].schema_editor() as editor:
            for model in (ContentType, *apps.get_app_config("shop").get_models()):
                if not model._meta.proxy:
                    editor.create_model(model)
        with override_settings(DATABASE_ROUTERS=[f"{__name__}.Router"]):
            with transaction.atomic(using=ALIAS):
                fill()
            yield
    finally:
        ContentType.objects.clear_cache()  # it knows the rows of this database
        disconnect()
        del connections.settings[ALIAS]
