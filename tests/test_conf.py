"""``NPLUSONE_GUARD``: what each key takes, and what becomes of a value that it can't."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from nplusone_guard import Budget, capture
from nplusone_guard.conf import guard_settings
from nplusone_guard.report.console import log
from tests.reporters import keep
from tests.shop.models import Order


def configured(**keys):
    return override_settings(NPLUSONE_GUARD=keys)


def errors():
    return [message for message in run_checks(tags=["query_guard"]) if message.is_serious()]


GOOD = [
    ("ENABLED", True, "enabled", True),
    ("ENABLED", False, "enabled", False),
    ("ACTION", "warn", "action", "warn"),
    ("ACTION", "raise", "action", "raise"),
    ("ACTION", "record", "action", "record"),
    ("THRESHOLD", 2, "threshold", 2),
    ("THRESHOLD", 50, "threshold", 50),
    ("BUDGET", {"queries": 10}, "budget", Budget(queries=10)),
    ("BUDGET", {}, "budget", Budget()),
    ("BUDGET", Budget(rows=5), "budget", Budget(rows=5)),
    ("BUDGET", {"queries": 0, "db_ms": 2.5}, "budget", Budget(queries=0, db_ms=2.5)),
    ("BUDGETS", {}, "budgets", {}),
    ("BUDGETS", {"api/": {"rows": 9}}, "budgets", {"api/": Budget(rows=9)}),
    ("BUDGETS", {"GET *": Budget(rows=9)}, "budgets", {"GET *": Budget(rows=9)}),
    ("BUDGETS", {"api/": None}, "budgets", {"api/": Budget()}),
    ("EXCLUDE_PATHS", [], "exclude_paths", ()),
    ("EXCLUDE_PATHS", ("/a/", "*/b"), "exclude_paths", ("/a/", "*/b")),
    ("HEADERS", True, "headers", True),
    ("HEADERS", False, "headers", False),
    ("SAMPLE_RATE", 0, "sample_rate", 0.0),
    ("SAMPLE_RATE", 1, "sample_rate", 1.0),
    ("SAMPLE_RATE", 0.25, "sample_rate", 0.25),
    ("SLOW_QUERY_MS", 0.5, "slow_query_ms", 0.5),
    ("SLOW_QUERY_MS", False, "slow_query_ms", None),
    ("EXPLAIN", True, "explain", True),
    ("UNBOUNDED_ROWS", 1, "unbounded_rows", 1),
    ("UNBOUNDED_ROWS", False, "unbounded_rows", None),
    ("REPORTERS", [], "reporters", ()),
    ("MAX_GROUPS", 1, "most_groups", 1),
    ("MAX_GROUPS", False, "most_groups", None),
    ("MAX_OWN_MS", 0.5, "own_ms", 0.5),
    ("MAX_OWN_MS", False, "own_ms", None),
    ("LEVEL", "info", "level", "info"),
    ("LEVEL", "warning", "level", "warning"),
    ("VERBOSITY", 0, "verbosity", 0),
    ("VERBOSITY", 1, "verbosity", 1),
    ("REPORTERS", ["tests.reporters.keep"], "reporters", (keep,)),
]


@pytest.mark.parametrize(("key", "value", "name", "expected"), GOOD)
def test_a_good_value_is_taken(key, value, name, expected):
    with configured(**{key: value}):
        assert getattr(guard_settings(), name) == expected
        assert errors() == []


def test_allow_takes_dicts():
    item = {"relation": "shop.*.customer", "reason": "few", "until": "2027-06-30"}
    with configured(ALLOW=[item]):
        (allowance,) = guard_settings().allow
    assert (allowance.relation, allowance.reason) == ("shop.*.customer", "few")
    assert allowance.until == date(2027, 6, 30)


DEFAULTS = {
    "ACTION": ("action", "warn"),
    "THRESHOLD": ("threshold", 2),
    "BUDGET": ("budget", None),
    "BUDGETS": ("budgets", {}),
    "ALLOW": ("allow", ()),
    "HEADERS": ("headers", False),
    "SAMPLE_RATE": ("sample_rate", 1.0),
    "SLOW_QUERY_MS": ("slow_query_ms", 500.0),
    "EXPLAIN": ("explain", False),
    "UNBOUNDED_ROWS": ("unbounded_rows", 1_000),
    "REPORTERS": ("reporters", (log,)),
    "MAX_GROUPS": ("most_groups", 5_000),
    "MAX_OWN_MS": ("own_ms", 1_000.0),
    "LEVEL": ("level", "warning"),
    "VERBOSITY": ("verbosity", 2),
}


@pytest.mark.parametrize("key", DEFAULTS)
def test_a_key_that_is_none_or_left_out_has_its_default(key):
    name, expected = DEFAULTS[key]
    for keys in ({}, {key: None}):
        with configured(**keys):
            assert getattr(guard_settings(), name) == expected
            assert errors() == []


LIMITS = "limits named queries, duplicates, n_plus_one, db_ms, rows"
ROUTES = 'a dict from routes to limits: {"GET api/v1/orders/": {"queries": 4}}.'
DICTS = 'a list of dicts: [{"relation": "orders.*.product", "reason": "..."}].'
LIST = 'a list like [{"relation": "orders.*.product", "reason": "two rows at most"}]'
PATHS = 'a list of path prefixes or shell patterns: ["/static/", "*/jsi18n/"].'
SHARE = "a number from 0.0 (no request) to 1.0 (each request)."
MILLISECONDS = "a number of milliseconds above 0, or False for no limit."
ROWS = "a whole number from 1, or False for no limit."
FUNCTIONS = "a list of dotted paths to functions that take a Report"

BAD = [
    ("ENABLED", "yes", "True, False, or None for automatic."),
    ("ENABLED", 1, "True, False, or None for automatic."),
    ("ACTION", "explode", '"warn", "raise" or "record".'),
    ("ACTION", ["warn"], '"warn", "raise" or "record".'),
    ("THRESHOLD", 1, "a whole number from 2."),
    ("THRESHOLD", -5, "a whole number from 2."),
    ("THRESHOLD", True, "a whole number from 2."),
    ("THRESHOLD", 2.5, "a whole number from 2."),
    ("THRESHOLD", "2", "a whole number from 2."),
    ("BUDGET", 10, 'None or a dict of limits, such as {"queries": 10}.'),
    ("BUDGET", {"querys": 10}, f"{LIMITS}; 'querys' is none of them."),
    (
        "BUDGET",
        {"queries": "10"},
        "numbers from 0 as limits: Budget(queries=...) takes a whole number or None, not '10'.",
    ),
    (
        "BUDGET",
        {"rows": -1},
        "numbers from 0 as limits: Budget(rows=...) can't be negative, got -1.",
    ),
    (
        "BUDGETS",
        {"queries": 10},
        "for 'queries', None or a dict of limits, such as {\"queries\": 10}.",
    ),
    (
        "BUDGETS",
        {"a/": {"rows": 1}, "b/": {"row": 1}},
        f"for 'b/', {LIMITS}; 'row' is none of them.",
    ),
    ("BUDGETS", [("a/", {})], ROUTES),
    ("BUDGETS", {1: {}}, ROUTES),
    ("ALLOW", "shop.Order.customer", DICTS),
    ("ALLOW", ["shop.Order.customer"], DICTS),
    (
        "ALLOW",
        [{"relation": "a.b.c", "because": "few"}],
        "dicts with the keys relation, reason and until; 'because' in item 0 is none of them.",
    ),
    (
        "ALLOW",
        [{"relation": "a.b.c", "reason": "few"}, {"relation": "a.b.c"}],
        f"{LIST}; item 1 has reason='': say why it is accepted.",
    ),
    (
        "ALLOW",
        [{"relation": "a.b.c", "reason": "few", "until": "soon"}],
        f"{LIST}; item 0 has until='soon': it takes a date, or text as \"2027-06-30\".",
    ),
    ("EXCLUDE_PATHS", "/static/", PATHS),
    ("EXCLUDE_PATHS", [1], PATHS),
    ("HEADERS", "on", "True, False, or None for automatic."),
    ("SAMPLE_RATE", 1.01, SHARE),
    ("SAMPLE_RATE", -0.1, SHARE),
    ("SAMPLE_RATE", float("nan"), SHARE),
    ("SAMPLE_RATE", True, SHARE),
    ("SAMPLE_RATE", "0.5", SHARE),
    ("SLOW_QUERY_MS", 0, MILLISECONDS),
    ("SLOW_QUERY_MS", True, MILLISECONDS),
    ("SLOW_QUERY_MS", "500", MILLISECONDS),
    ("SLOW_QUERY_MS", float("nan"), MILLISECONDS),
    ("EXPLAIN", "yes", "True or False"),
    ("UNBOUNDED_ROWS", 0, ROWS),
    ("UNBOUNDED_ROWS", True, ROWS),
    ("UNBOUNDED_ROWS", 10.0, ROWS),
    ("REPORTERS", "tests.reporters.keep", FUNCTIONS),
    ("REPORTERS", [keep], FUNCTIONS),
    ("REPORTERS", ["tests.nowhere.keep"], "importable dotted paths; 'tests.nowhere.keep': No "),
    ("REPORTERS", ["tests.reporters.lose"], "importable dotted paths; 'tests.reporters.lose': "),
    ("REPORTERS", ["keep"], "importable dotted paths; 'keep': keep doesn't look like a module"),
    ("MAX_GROUPS", 0, ROWS),
    ("MAX_OWN_MS", 0, MILLISECONDS),
    ("LEVEL", "debug", '"info", "warning", or None for automatic.'),
    ("LEVEL", ["info"], '"info", "warning", or None for automatic.'),
    ("VERBOSITY", 3, "0, 1 or 2, or None for automatic."),
    ("VERBOSITY", True, "0, 1 or 2, or None for automatic."),
    ("VERBOSITY", [1], "0, 1 or 2, or None for automatic."),
    (
        "REPORTERS",
        ["tests.reporters.reports"],
        "dotted paths to functions that take a Report; 'tests.reporters.reports' is none.",
    ),
]


@pytest.mark.parametrize(("key", "value", "takes"), BAD)
def test_a_bad_value_is_an_error_that_names_key_and_value_and_what_it_takes(key, value, takes):
    with configured(**{key: value}):
        (error,) = errors()
    assert error.id == "nplusone_guard.E003"
    assert error.msg.startswith(f"NPLUSONE_GUARD[{key!r}] is {value!r}"[:80])
    assert error.hint.startswith(f"It takes {takes}")
    assert not error.hint.endswith("..")


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, value, _ in BAD])
def test_a_bad_value_falls_back_to_the_default_of_its_key(key, value):
    others = {"ENABLED": "enabled_setting", "MAX_GROUPS": "most_groups", "MAX_OWN_MS": "own_ms"}
    name = others.get(key, key.lower())
    with configured():
        default = getattr(guard_settings(), name)
    with configured(**{key: value, "SAMPLE_RATE" if key != "SAMPLE_RATE" else "THRESHOLD": 1}):
        assert getattr(guard_settings(), name) == default


def test_a_bad_value_leaves_the_other_keys_alone():
    with configured(ACTION="explode", THRESHOLD=7):
        assert guard_settings().threshold == 7


def test_a_bad_value_breaks_no_trace(shop):
    with configured(**{key: value for key, value, _ in BAD}), capture() as report:
        for order in Order.objects.all():
            order.customer.name
    assert [finding.relation for finding in report.findings] == ["shop.Order.customer"]


def test_a_reporter_whose_module_fails_is_an_error_of_the_settings(tmp_path, monkeypatch):
    (tmp_path / "broken_reporter.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with configured(REPORTERS=["broken_reporter.send"]):
        (error,) = errors()
        assert guard_settings().reporters == (log,)
    assert "'broken_reporter.send': division by zero" in error.hint


def test_a_long_value_is_shortened():
    with configured(ACTION="x" * 1_000):
        (error,) = errors()
    assert error.msg == f"NPLUSONE_GUARD['ACTION'] is '{'x' * 56}...."


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("TRESHOLD", "Did you mean 'THRESHOLD'?"),
        ("threshold", "Did you mean 'THRESHOLD'?"),
        ("EXCLUDE_PATH", "Did you mean 'EXCLUDE_PATHS'?"),
        ("REPORTER", "Did you mean 'REPORTERS'?"),
        ("TURBO", "Known: ENABLED, ACTION, THRESHOLD, BUDGET, BUDGETS, ALLOW, "),
        (5, "Known: ENABLED, "),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest_known_one(key, hint):
    with override_settings(NPLUSONE_GUARD={key: 3}):
        (error,) = errors()
    assert error.id == "nplusone_guard.E002"
    assert error.msg == f"NPLUSONE_GUARD[{key!r}] is not a known key."
    assert error.hint.startswith(hint)


@pytest.mark.parametrize("value", [["ACTION"], "warn", True])
def test_a_setting_that_is_no_dict_is_one_error_and_all_keys_have_their_defaults(value):
    with override_settings(NPLUSONE_GUARD=value):
        (error,) = errors()
        assert guard_settings().action == "warn"
    assert error.id == "nplusone_guard.E001"
    assert error.msg == f"NPLUSONE_GUARD is {value!r}."
    assert error.hint == 'It takes a dict, such as NPLUSONE_GUARD = {"ACTION": "warn"}.'


def test_several_problems_are_told_at_once():
    with configured(ACTION="explode", THRESHOLD=0, TURBO=True):
        assert [error.id[-4:] for error in errors()] == ["E002", "E003", "E003"]


def test_settings_follow_override_settings():
    with configured(THRESHOLD=3):
        assert guard_settings().threshold == 3
        with configured(THRESHOLD=4):
            assert guard_settings().threshold == 4
        assert guard_settings().threshold == 3
    assert guard_settings().threshold == 2


def test_settings_follow_the_settings_fixture(settings):
    settings.NPLUSONE_GUARD = {"THRESHOLD": 3}
    assert guard_settings().threshold == 3
    settings.NPLUSONE_GUARD = {}
    assert guard_settings().threshold == 2
