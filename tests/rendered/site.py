"""A little project that a test writes, asks over HTTP with the guard on, and mends as told.

``site.write()`` takes its files, ``site.found()`` what the guard says of a request, and
``site.mend()`` types each fix where the finding says, asks again, and gives what is left.
"""

from __future__ import annotations

import ast
import importlib
import re
from itertools import count
from pathlib import Path
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Any, NamedTuple

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import User
from django.test import AsyncClient, Client, override_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from nplusone_guard import Finding, Report
    from nplusone_guard.trace import CallSite

_PRELUDE = "from tests.rendered.names import *\n"
_numbers = count()
_reports: list[Report] = []


class Found(NamedTuple):
    """A finding as a test states it.

    ``at`` and ``where``: the source text of its place and of the place of its fix, a whole line
    where the guard knows no more.  ``levels``: the relations of what is nested in it.
    """

    relation: str | None
    count: int
    at: str | None
    field: str | None = None
    path: str | None = None
    fix: str | None = None
    where: str | None = None
    levels: tuple[str | None, ...] = ()
    kind: str = "n_plus_one"


class Answer(NamedTuple):
    body: bytes
    report: Report


class Site:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, str] = {}
        self._folder = root
        self._settings: dict[str, Any] = {}
        self.answer: Answer | None = None
        self._send: Callable[[], bytes] | None = None

    def write(self, *urls: str, files: dict[str, str] | None = None, **overridden: Any) -> None:
        """The site's files: ``urls.py`` in parts, others by their path; settings as keywords."""
        self._files = {"urls.py": _PRELUDE + "\n".join(map(_dedented, urls))}
        for name, text in (files or {}).items():
            source = _dedented(text)
            self._files[name] = _PRELUDE + source if name.endswith(".py") else source
        self._settings = overridden

    def found(self, path: str = "/", **request: Any) -> list[Found]:
        """What the guard finds in a request; ``post``, ``client`` and ``asynchronous`` shape it."""
        self._send = lambda: _send(path, **request)
        self.answer = self._ask()
        return self._stated()

    @property
    def report(self) -> Report:
        """The last request's."""
        assert self.answer is not None
        return self.answer.report

    def finding(self, kind: str = "n_plus_one") -> Finding:
        """The last request's only finding of a kind."""
        (found,) = (each for each in self.report.findings if each.kind == kind)
        return found

    def mend(self) -> list[Found]:
        """What is found once every fix has been typed; the response must be what it was."""
        assert self.answer is not None
        before = self.answer
        for finding in before.report.findings:
            assert finding.fix is not None, f"no fix for {finding.relation}"
            assert finding.fix.code, f"no code for {finding.relation}: {finding.fix.explain}"
            assert finding.fix.where is not None, f"no place for {finding.fix.code}"
        self._type([finding.fix for finding in before.report.findings])
        return self.again()

    def rewrite(self, old: str, new: str) -> None:
        """Put a piece of a fix in the place of what it replaces."""
        (name,) = (name for name, text in self._files.items() if old in text)
        self._files[name] = self._files[name].replace(old, new)

    def again(self) -> list[Found]:
        """What is found when the request is sent anew; the response must be what it was."""
        assert self.answer is not None
        before, self.answer = self.answer, self._ask()
        assert self.answer.body == before.body
        return self._stated()

    def _ask(self) -> Answer:
        """Send the request to the site as it is written, in a package of its own."""
        name = f"site_{next(_numbers)}"
        self._folder = self._root / name
        for path, text in self._files.items():
            file = self._folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        (self._folder / "__init__.py").touch()
        importlib.invalidate_caches()
        chosen = {
            "ROOT_URLCONF": f"{name}.urls",
            "MIDDLEWARE": [
                "nplusone_guard.middleware.GuardMiddleware",
                "django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware",
            ],
            "NPLUSONE_GUARD": {"ENABLED": True, "REPORTERS": ["tests.rendered.site.keep"]},
            "STATIC_URL": "/static/",
            "TEMPLATES": [self._templates(name)],
            **self._settings,
        }
        # A site's own classes are named by the package that it is this time.
        chosen["MIDDLEWARE"] = [each.replace("SITE", name) for each in chosen["MIDDLEWARE"]]
        _reports.clear()
        with override_settings(**chosen):
            body = self._send()
        assert len(_reports) == 1
        return Answer(body, _reports[0])

    def _templates(self, name: str) -> dict[str, Any]:
        engine = dict(settings.TEMPLATES[0])
        options = dict(engine["OPTIONS"])
        if "tags.py" in self._files:
            options["libraries"] = {"tags": f"{name}.tags"}
        processors = [*options["context_processors"]]
        if "processors.py" in self._files:
            processors.append(f"{name}.processors.extra")
        options["context_processors"] = processors
        return {**engine, "DIRS": [self._folder / "templates"], "OPTIONS": options}

    def _stated(self) -> list[Found]:
        """The findings, in an order that does not depend on what they cost."""
        return sorted(map(_stated, self.report.findings), key=str)

    def _type(self, fixes: list[Any]) -> None:
        """Put each fix where it says: behind an expression, or at the end of a class."""
        for fix in sorted(fixes, key=lambda fix: -(fix.where.end_line or fix.where.line)):
            name = Path(fix.where.file).relative_to(self._folder).as_posix()
            lines = self._files[name].encode().splitlines(keepends=True)
            if fix.where.column is not None:
                number = fix.where.end_line - 1
                line, at = lines[number], fix.where.end_column
                lines[number] = line[:at] + f".{fix.code}".encode() + line[at:]
            else:
                (node,) = (
                    node
                    for node in ast.walk(ast.parse(self._files[name]))
                    if isinstance(node, ast.ClassDef) and node.lineno == fix.where.line
                )
                body = node.body[0].col_offset
                lines.insert(node.end_lineno, indent(f"{fix.code}\n", " " * body).encode())
            self._files[name] = b"".join(lines).decode()


def keep(report: Report) -> None:
    """The sites' reporter."""
    _reports.append(report)


def _send(
    path: str,
    *,
    post: dict[str, Any] | None = None,
    user: str | None = None,
    asynchronous: bool = False,
    **headers: Any,
) -> bytes:
    if asynchronous:
        return async_to_sync(_send_async)(path)
    client = Client()
    if user is not None:
        client.force_login(
            User.objects.get_or_create(
                username=user, defaults={"is_staff": True, "is_superuser": True}
            )[0]
        )
    if post is not None:
        response = client.post(path, post, **headers)
    else:
        response = client.get(path, **headers)
    body = b"".join(response)
    assert response.status_code < 400, body.decode()
    # A token in a form is another one each time.
    return re.sub(rb'(csrf\w*"?:? ?(value=)?)"[^"]+"', rb"\1", body)


async def _send_async(path: str) -> bytes:
    response = await AsyncClient().get(path)
    if not response.streaming:
        return response.content
    return b"".join([chunk async for chunk in response])


def _dedented(text: str) -> str:
    return dedent(text).lstrip("\n")


def _text(site: CallSite | None) -> str | None:
    if site is None:
        return None
    lines = Path(site.file).read_bytes().splitlines()
    if site.column is None or site.end_line is None:
        return lines[site.line - 1].decode().strip()
    chosen = lines[site.line - 1 : site.end_line]
    chosen[-1] = chosen[-1][: site.end_column]
    chosen[0] = chosen[0][site.column :]
    return "\n".join(line.decode() for line in chosen)


def _stated(finding: Finding) -> Found:
    fix = finding.fix
    return Found(
        relation=finding.relation,
        count=finding.count,
        at=_text(finding.location),
        field=finding.field_path,
        path=finding.path,
        fix=fix.code if fix is not None else None,
        where=_text(fix.where) if fix is not None else None,
        levels=tuple(each.relation for each in finding.nested),
        kind=finding.kind,
    )
