"""SQL, paths, routes, headers and names are whatever somebody made them: no page believes them."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from nplusone_guard.dashboard.record import Record
from tests.dashboard.records import packed, record, report

EVIL = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
    "{{ 7|add:7 }}{% now 'Y' %}\x1b[2J\u202e"
)
#: Elements and attributes that the templates use; what a text brings in is none of them.
ATTRIBUTES = {
    "src": ("script", "img"),
    "action": ("form",),
    "href": ("a", "link"),
}


class Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self):
        super().__init__()
        self.scripts = []
        self.problems = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.problems.append((tag, name, value))
            if name in ATTRIBUTES and (
                tag not in ATTRIBUTES[name] or not (value.startswith(("/__guard__/", "?", "#")))
            ):
                self.problems.append((tag, name, value))
        if tag == "script":
            self.scripts.append(dict(attrs).get("src"))
        if tag in {"iframe", "object", "embed", "base", "style"}:
            self.problems.append((tag,))


def check(page):
    elements = Elements()
    elements.feed(page)
    assert elements.problems == []
    assert len([each for each in elements.scripts if each]) == len(elements.scripts) <= 2
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "{{ 7|add:7 }}" in page or "7|add:7" not in page
    return page


def evil_location():
    return {
        "file": f"shop/{EVIL}.py",
        "line": 3,
        "function": EVIL,
        "end_line": 3,
        "column": 0,
        "end_column": 5,
    }


def evil_finding(**values):
    return {
        "id": EVIL,
        "kind": "n_plus_one",
        "count": 3,
        "relation": EVIL,
        "field_path": EVIL,
        "location": evil_location(),
        "origin": evil_location(),
        "path": EVIL,
        "fix": {
            "code": EVIL,
            "where": evil_location() | {"line": 4},
            "explain": EVIL,
            "proven": EVIL,
        },
        "shape": "00",
        "sql": EVIL,
        "db_ms": 1.0,
        "severity": "error",
        "nested": [],
        **values,
    }


def evil_record(name, **finding):
    group = {
        "shape": "00",
        "sql": f"SELECT {EVIL}",
        "count": 3,
        "rows": 3,
        "db_ms": 1.0,
        "first_ms": 0.0,
        "last_ms": 1.0,
        "database": EVIL,
        "operation": EVIL,
        "location": evil_location(),
        "relation": EVIL,
    }
    form = report(
        method=EVIL,
        path=f"/{EVIL}",
        route=EVIL,
        groups=[group, {**group, "location": None}],
        findings=[evil_finding(nested=[evil_finding(location=None)], **finding)],
        violations=[{"limit": EVIL, "allowed": 1, "actual": 2}],
    )
    payload = {
        "report": form,
        "groups": [{"field": EVIL, "peak_ms": 0}, {"field": None, "peak_ms": 0}],
        "suppressed": [{"allowance": EVIL, "reason": EVIL, "kind": EVIL, "count": 1}],
        "wasted": [3],
    }
    return Record(
        id=name,
        method=EVIL,
        path=f"/{EVIL}",
        route=EVIL,
        status=200,
        findings=1,
        severity="error",
        kinds=("n_plus_one",),
        payload=zlib.compress(json.dumps(payload).encode()),
    )


PAGES = [
    "",
    "requests/0a/",
    "compare/?id=0a&id=0b",
    "endpoints/",
    "rows/?after=0",
    "?" + "&".join(f"{name}={quote(EVIL)}" for name in ("path", "status", "finding", "method")),
    f"?route={quote(EVIL)}",
    f"?before={quote(EVIL)}",
    f"compare/?id={quote(EVIL)}",
]


@pytest.mark.parametrize("page", PAGES)
def test_a_stored_text_is_text_on_each_page(page, site):
    site.store.add([evil_record("0a"), evil_record("0b")])
    check(site.page(page))


def test_a_finding_of_an_unknown_kind_is_still_shown(site):
    site.store.add([evil_record("0a", kind="new_kind")])
    check(site.page("requests/0a/"))


def test_a_refused_plan_shows_its_reason_as_text(site):
    site.store.add([evil_record("0a")])
    for headers in ({}, {"HX-Request": "true"}):
        response = site.client.post("/__guard__/requests/0a/explain/0/", headers=headers)
        assert response.status_code == 200
        check(response.content.decode())


@pytest.mark.parametrize(
    "path",
    [
        "/hostile/<script>alert(1)</script>",
        "/hostile/%3Cscript%3Ealert(1)%3C/script%3E",
        "/hostile/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/hostile/%ff%fe%00",
        "/hostile/%F0%9F%92%A5/%E2%80%AE",
        "/hostile/" + "x" * 10_000,
        "/hostile/{{%20settings.SECRET_KEY%20}}{%25%20debug%20%25}",
    ],
)
def test_a_path_and_the_sql_of_a_request_are_text(path, site):
    site.get(path)
    name = site.last().id
    for page in ("", f"requests/{name}/", "endpoints/"):
        check(site.page(page))
    shown = site.page(f"requests/{name}/")
    assert "tests only" not in shown
    assert "alert(&#x27;sql&#x27;)" in shown


@pytest.mark.parametrize("name", ["passwd", ".env", "id_rsa", "settings.toml"])
def test_a_file_that_is_no_source_is_not_read_whatever_the_store_says(name, site, tmp_path):
    (tmp_path / name).write_text("s3cret\n" * 5)
    location = evil_location() | {"file": str(tmp_path / name)}
    site.store.add([evil_record("0a", location=location)])
    page = check(site.page("requests/0a/"))
    assert name in page
    assert "s3cret" not in page


def test_the_headers_of_a_request_are_nowhere(site):
    site.get(
        "/orders/",
        headers={
            "User-Agent": "Evil-Agent",
            "Cookie": "a=Evil-Cookie",
            "X-Forwarded-For": "Evil-Address",
            "Host": "localhost",
        },
    )
    assert "Evil" not in repr(site.store.get(site.last().id))
    assert "Evil" not in site.page(f"requests/{site.last().id}/")


@pytest.mark.parametrize(
    "url",
    [
        "requests/../../etc/passwd/",
        "requests/%00/",
        "static/0/../../settings.py",
        "requests/0a/explain/99999999999999999999/",
        "requests/' OR 1=1 --/",
    ],
)
def test_a_url_of_somebodys_own_finds_nothing(url, site):
    site.store.add([evil_record("0a")])
    assert site.client.get(f"/__guard__/{url}").status_code in {404, 405}


def test_filters_are_values_and_no_sql(site):
    site.store.add([record("/a/")])
    for value in ("' OR '1'='1", "%", "_", "\\", '"', "x" * 100_000):
        for name in ("path", "finding", "method", "route"):
            assert "No request fits the filter" in site.page(f"?{name}={quote(value)}"), value
    assert "/a/" in site.page(f"?path={quote(chr(0))}")


def test_a_finding_of_an_unknown_kind_is_listed_compared_and_told_apart(site):
    evil = {"kind": "new_kind", "id": "same"}
    records = [evil_record(name, **evil) for name in ("0a", "0b")]
    site.store.add([replace(each, kinds=("new_kind",)) for each in records])
    assert "new kind" in check(site.page())
    assert "new kind" in check(site.page("compare/?id=0a&id=0b"))


def test_two_findings_of_one_id_have_each_a_name_in_the_page(site):
    twins = [evil_finding(id="twin"), evil_finding(id="twin"), evil_finding(id="other")]
    form = report(findings=twins)
    site.store.add([Record(id="0a", method="GET", path="/", findings=3, payload=packed(form))])
    names = re.findall(r'<article class="finding error" id="([^"]+)"', site.page("requests/0a/"))
    assert names == ["f-twin", "f-twin-2", "f-other"]
