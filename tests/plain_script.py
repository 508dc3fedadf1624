"""A script without a project: what the wheel brings is enough to trace it.

Run by an interpreter that has the wheel and what that depends on, and nothing else.
"""

from __future__ import annotations

import json
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import django
from django.conf import settings
from django.db import connection, models

import nplusone_guard

HERE = Path(__file__).resolve().parent

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()


class Author(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "plain"


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)

    class Meta:
        app_label = "plain"


def main() -> None:
    package = files(nplusone_guard)
    assert not Path(str(package)).is_relative_to(HERE.parent), "this is the checkout's own package"
    for name in ("rest_framework", "pytest"):
        assert find_spec(name) is None, f"{name} is installed, and must not be needed"
    assert (package / "py.typed").is_file()
    schema = json.loads((package / "report" / "schema.json").read_text(encoding="utf-8"))

    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
    for name in ("Emmy", "Ada", "Grace"):
        Book.objects.create(author=Author.objects.create(name=name))

    with nplusone_guard.capture(label="a plain script") as report:
        for book in Book.objects.all():
            book.author.name
    assert report.queries == 4
    assert [(each.relation, each.count) for each in report.findings] == [("plain.Book.author", 3)]
    assert set(schema["required"]) <= set(report.to_dict())
    print(report)


if __name__ == "__main__":
    main()
