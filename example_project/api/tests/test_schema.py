"""The schema of each version, and that it says what the API does."""

from __future__ import annotations

import re

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.urls import get_resolver

from api.tests.routes import methods, views
from api.tests.schema_client import openapi
from nplusone_guard.view_budget import declared_budgets

VERSIONS = ["v1", "v2"]


def operations(version):
    for path, item in openapi(version)["paths"].items():
        for method in item:
            yield path, method, item[method]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_schema_is_valid_and_made_without_a_warning(version, tmp_path):
    call_command(
        "spectacular",
        api_version=version,
        validate=True,
        fail_on_warn=True,
        file=str(tmp_path / "schema.yaml"),
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_anyone_reads_the_schema_of_a_version(anyone, db, cost, version):
    path = f"/api/{version}/schema/?format=json"
    shown = anyone.get(path).json()
    assert shown["openapi"] == "3.1.0"
    assert shown["info"]["version"] == version
    assert shown["paths"] == openapi(version)["paths"]
    assert all(path.startswith(f"/api/{version}/") for path in shown["paths"])
    assert cost(anyone.get, path) == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_the_page_that_shows_it_comes_from_this_host_alone(anyone, db, cost, version):
    path = f"/api/{version}/docs/"
    page = anyone.get(path).content.decode()
    assert f'url: "/api/{version}/schema/"' in page
    files = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(files) >= 3
    for file in files:
        assert finders.find(file.removeprefix("/static/")), file
    assert cost(anyone.get, path) == 0


def test_both_versions_have_the_same_operations():
    first, second = (
        {(path.replace(version, ""), method) for path, method, _ in operations(version)}
        for version in VERSIONS
    )
    assert first == second
    assert len(first) == 24


def test_version_2_differs_in_money_alone():
    first, second = (openapi(version)["components"]["schemas"] for version in VERSIONS)
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {
        "Order",
        "OrderItem",
        "PatchedProductWriteRequest",
        "Product",
        "ProductSummary",
        "ProductWriteRequest",
    }
    assert set(second) - set(first) == {"Money", "MoneyRequest", "CurrencyEnum"}


@pytest.mark.parametrize("version", VERSIONS)
def test_each_operation_says_which_errors_to_expect(version):
    for path, method, operation in operations(version):
        documented = set(operation["responses"])
        assert documented >= {"401", "406", "429", "500"}, path
        assert ("415" in documented) == (method in {"post", "put", "patch"}), path
        assert ("404" in documented) or method == "post", path


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_open_to_anyone_is_what_was_opened_deliberately(version):
    open_to_all = {
        (method, path.removeprefix(f"/api/{version}/"))
        for path, method, operation in operations(version)
        if {} in operation["security"]
    }
    catalogue = ("categories/", "categories/{id}/", "products/", "products/{id}/")
    assert open_to_all == {
        *(("get", path) for path in catalogue),
        *(("post", f"auth/{name}/") for name in ("signup", "login", "refresh", "logout")),
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_lists_have_pages(version):
    for path, _, operation in operations(version):
        if operation["operationId"].endswith("_list"):
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert "page_size" in names, path
            assert names & {"page", "cursor"}, path


# --- Budgets ---


@pytest.mark.parametrize(
    ("version", "path", "view"),
    [
        pytest.param(version, *each, id=f"{version}/{each[0]}")
        for version in VERSIONS
        for each in views(version)
    ],
)
def test_each_view_declares_what_it_may_cost(version, path, view):
    assert methods(view)
    for method in methods(view):
        declared = declared_budgets(view, method.upper())
        assert declared, f"{method.upper()} {path}"
        assert declared[-1].queries <= 10, f"{method.upper()} {path}"


def test_what_is_in_the_urls_is_what_was_looked_at():
    (api,) = [each for each in get_resolver().url_patterns if str(each.pattern) == "api/"]
    versions = [str(each.pattern) for each in api.url_patterns]
    assert versions == ["v1/", "v2/", "naive/", ""]
