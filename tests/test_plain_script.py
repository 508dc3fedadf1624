"""Scripts of their own process, with no more of Django than they need."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

#: Django says so of queries before ``django.setup()``; a thread that ends closes no connection.
EARLY = "ignore:Accessing the database during app initialization:RuntimeWarning"
EXPECTED = ("-W", EARLY, "-W", "ignore::ResourceWarning")
CONFIGURED = """
    from django.conf import settings
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    )
    from django.db import connection
    from nplusone_guard import capture

    def ask(number):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s", [number])
            return cursor.fetchall()
"""


def output(script, setup=CONFIGURED):
    """What a script prints, warnings as errors."""
    source = textwrap.dedent(setup) + textwrap.dedent(script)
    ran = subprocess.run(
        [sys.executable, "-W", "error", *EXPECTED, "-c", source],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.splitlines()


def test_configured_settings_are_enough():
    script = """
        with capture() as report:
            for number in range(3):
                ask(number)
        print(report.label, report.queries, report.rows)
        print([(each.kind, each.count) for each in report.findings])
    """
    assert output(script) == ["<module> 3 3", "[('n_plus_one', 3)]"]


def test_a_connection_that_is_open_before_the_first_capture_is_traced():
    script = """
        ask(0)
        with capture() as report:
            ask(1)
        print(report.queries)
    """
    assert output(script) == ["1"]


@pytest.mark.parametrize("before", ["pass", "await sync_to_async(ask)(0)"])
def test_the_thread_of_a_coroutines_queries_is_traced(before):
    script = f"""
        import asyncio
        from asgiref.sync import sync_to_async

        async def main():
            {before}
            async with capture() as report:
                await sync_to_async(ask)(1)
            return report.queries

        print(asyncio.run(main()))
    """
    assert output(script) == ["1"]


def test_models_work_without_the_app():
    script = """
        import django
        django.setup()
        from django.contrib.contenttypes.models import ContentType
        from django.db import connection
        from nplusone_guard import capture

        with connection.schema_editor() as editor:
            editor.create_model(ContentType)
        ContentType.objects.bulk_create(ContentType(app_label="a", model=m) for m in "xyz")
        with capture() as report:
            for found in ContentType.objects.defer("model"):
                found.model
        print([(each.kind, each.count, each.relation) for each in report.findings])
    """
    setup = """
        from django.conf import settings
        settings.configure(
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            INSTALLED_APPS=["django.contrib.contenttypes"],
        )
    """
    assert output(script, setup) == ["[('n_plus_one', 3, 'contenttypes.ContentType.model')]"]
