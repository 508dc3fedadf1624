"""``manage.py guard_scan`` on a copy of this project: the naive twins, and what its patch does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import resolve

from api.tests.twins import TWINS
from nplusone_guard.view_budget import declared_budgets

PROJECT = Path(__file__).resolve().parents[2]
WRITTEN = {"accounts/naive.py", "catalogue/naive.py", "orders/naive.py"}
#: What no change of a queryset mends: the code that reads has to change.
READING = {
    "orders-prefetched/": "read .matching_items in place of order.items.filter(quantity__gt=0)",
    "categories/": "read the attribute products_count instead of counting",
}
#: Nothing repeats there, and so nothing is found; what reads has to change as well.
NOT_FOUND = {"orders-prefetched/{id}/", "categories/{id}/"}
MENDED = [each for each in TWINS if each.path not in {*READING, *NOT_FOUND}]


class Copies:
    """A copy of the project: scanned, left alone, patched, scanned again."""

    def __init__(self, place: Path) -> None:
        self.place = place / "project"
        self.patched = place / "patched"
        for copy in (self.place, self.patched):
            leave = shutil.ignore_patterns("__pycache__", "var", ".pytest_cache")
            shutil.copytree(PROJECT, copy, ignore=leave)
        state, patch = place / "state.json", place / "naive.patch"
        self.before = self.scan("v1", "v2", "naive", resume=state, apply=patch)
        self.left_alone = not self.changed(self.place)
        self.written = self.scan("v1", "v2", "naive", "--write", resume=state)
        self.applied = subprocess.run(
            [shutil.which("git") or "git", "apply", str(patch)],
            cwd=self.patched,
            capture_output=True,
            text=True,
            check=False,
        )
        self.after = self.scan("naive")

    def scan(self, *arguments, **files):
        told = self.place.parent / "scan.json"
        flags = [each for each in arguments if each.startswith("--")]
        only = [f"--only=api/{each}/*" for each in arguments if not each.startswith("--")]
        done = subprocess.run(
            [
                *(sys.executable, "manage.py", "guard_scan", "--users=staff", "--runs=1"),
                *("--fail-on=never", f"--json={told}", *only, *flags),
                *(f"--{name}={file}" for name, file in files.items()),
            ],
            cwd=self.place,
            env={
                **os.environ,
                "DATABASE_URL": "",
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(told.read_text())
        return {each["route"]: each for each in found["endpoints"]}

    def changed(self, copy):
        return {
            file.relative_to(copy).as_posix()
            for file in copy.rglob("*.py")
            if file.read_bytes() != (PROJECT / file.relative_to(copy)).read_bytes()
        }


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    return Copies(tmp_path_factory.mktemp("copies"))


def visit(scan, version, path):
    found = [
        scan[f"api/{version}/{path.replace('{id}', key)}"]
        for key in ("<str:pk>", "<int:pk>")
        if f"api/{version}/{path.replace('{id}', key)}" in scan
    ]
    return found[0]


def budget(path):
    view = resolve(f"/api/v1/{path.format(id=1)}").func
    return declared_budgets(view, "GET")[-1].queries


# --- What is proven ---


@pytest.mark.parametrize("twin", MENDED, ids=str)
def test_a_proven_set_brings_a_naive_endpoint_to_the_tuned_count_or_lower(copies, twin):
    naive = visit(copies.before, "naive", twin.path)
    tuned = visit(copies.before, "v1", twin.tuned)
    assert naive["saved"]["before"] == naive["queries"][-1] > tuned["queries"][-1]
    assert naive["saved"]["after"] <= tuned["queries"][-1]


@pytest.mark.parametrize("path", READING)
def test_where_the_code_that_reads_has_to_change_it_is_said(copies, path):
    naive = visit(copies.before, "naive", path)
    assert naive["grows"]
    assert naive["saved"] is None
    reasons = [each["fix"]["proven"]["reason"] for each in naive["findings"]]
    assert len(reasons) == 1
    assert reasons[0].startswith("The code that reads has to change as well")
    assert READING[path] in reasons[0]


def test_the_tuned_versions_are_clean(copies):
    tuned = {route: each for route, each in copies.before.items() if "/naive/" not in route}
    assert len(tuned) >= 18
    for route, each in tuned.items():
        assert (route, each["grows"], each["findings"], each["saved"]) == (route, False, [], None)


# --- What is written ---


def test_without_write_no_file_is_changed(copies):
    assert copies.left_alone


def test_with_write_only_what_was_proven_is_typed(copies):
    assert copies.changed(copies.place) == WRITTEN


def test_git_takes_the_patch_and_it_is_what_write_does(copies):
    assert copies.applied.returncode == 0, copies.applied.stderr
    assert copies.changed(copies.patched) == WRITTEN
    for name in WRITTEN:
        assert (copies.patched / name).read_bytes() == (copies.place / name).read_bytes()


@pytest.mark.parametrize("twin", MENDED, ids=str)
def test_after_write_a_naive_endpoint_is_clean_and_within_the_tuned_budget(copies, twin):
    after = visit(copies.after, "naive", twin.path)
    assert (after["grows"], after["findings"]) == (False, [])
    assert after["queries"][-1] <= budget(twin.tuned)


@pytest.mark.parametrize("path", [*READING, *sorted(NOT_FOUND)])
def test_after_write_the_other_endpoints_do_what_they_did(copies, path):
    before, after = (visit(scan, "naive", path) for scan in (copies.before, copies.after))
    assert (after["status"], after["queries"]) == (200, before["queries"])
