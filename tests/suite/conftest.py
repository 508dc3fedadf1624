"""A project that has never heard of the guard, and pytest run in it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

SETTINGS = """
from tests.settings import *
INSTALLED_APPS = [name for name in INSTALLED_APPS if name != "nplusone_guard"]
MIDDLEWARE = [name for name in MIDDLEWARE if "nplusone_guard" not in name]
ROOT_URLCONF = "tests.endpoints"
STATIC_URL = "static/"
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410"]
globals().pop("NPLUSONE_GUARD", None)
"""
IMPORTS = """
import pytest
from django.test import AsyncClient, Client, LiveServerTestCase, TestCase
from rest_framework.test import APIClient, APITestCase

from tests.conftest import fill
from tests.shop.models import Customer, Order

@pytest.fixture
def filled(db):
    fill()
"""
#: Two tests that send one N+1, one that sends a request without.
ONE_CAUSE = """
def test_one(client, filled):
    assert client.get("/row-by-row/").status_code == 200

def test_two(client, filled):
    client.get("/row-by-row/")
    client.get("/row-by-row/")

def test_joined(client, filled):
    client.get("/joined/")
"""
CLEAN = """
def test_joined(client, filled):
    client.get("/joined/")
"""


class Project:
    """A directory with settings and tests."""

    def __init__(self, pytester):
        self.pytester = pytester
        self.path = pytester.path

    def write(self, source, name="test_project.py"):
        shutil.rmtree(self.path / "__pycache__", ignore_errors=True)  # it goes by the second
        (self.path / name).write_text(IMPORTS + source)

    def settings(self, more):
        (self.path / "project_settings.py").write_text(SETTINGS + more)

    def run(self, *args):
        return self.pytester.runpytest_subprocess(*args)

    def manage(self, *args):
        return self.pytester.run(sys.executable, "-m", "django", "test", "--noinput", *args)


@pytest.fixture
def project(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{pytester.path}")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "project_settings")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # it doubles the time
    pytester.makeini(
        "[pytest]\n"
        "pythonpath = .\n"
        "addopts = --nomigrations --strict-markers -p no:cacheprovider"
        " -p no:faker -p no:hypothesispytest -p no:schemathesis\n"  # each is slow to start
        "filterwarnings = error\n"
    )
    made = Project(pytester)
    made.settings("")
    return made


@pytest.fixture
def orders(db):
    """``orders(n)`` makes n orders of two items each; nothing is shared between two orders."""

    from tests.shop.models import Customer, Order, OrderItem, Product

    def grow(number):
        for n in range(number):
            order = Order.objects.create(customer=Customer.objects.create(name=f"customer {n}"))
            for _ in range(2):
                OrderItem.objects.create(order=order, product=Product.objects.create(name="book"))

    return grow
