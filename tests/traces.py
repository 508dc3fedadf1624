"""Traces made by hand: what detection and the renderers are tested on, without a database."""

from __future__ import annotations

from nplusone_guard.finding import Finding
from nplusone_guard.report import Assessment, Report
from nplusone_guard.shape import fold
from nplusone_guard.trace import Access, CallSite, FieldPath, QueryGroup, Trace

SITE = CallSite("/srv/shop/orders/views.py", 41, "OrderList.get")
CUSTOMER = Access(
    "lazy forward",
    model="shop.Customer",
    relation="shop.Order.customer",
    lookup="customer",
    instance_model="shop.Order",
)


def group(sql="SELECT name FROM shop_customer WHERE id = %s", count=1, **changes):
    """One statement on one path, run ``count`` times by as many calls."""
    folded = fold(sql)
    values = {
        "shape": folded.shape,
        "database": "default",
        "operation": folded.verb,
        "count": count,
        "calls": count,
        "varied": False,
        "redundant": 0,
        "rows": count,
        "db_ms": count * 0.5,
        "site": SITE,
        "path": (SITE,),
        "limit": folded.limit,
    }
    return QueryGroup(**{**values, **changes})


def lazy(count=5, access=CUSTOMER, **changes):
    """A relation that was loaded lazily, ``count`` times."""
    return group(count=count, access=access, varied=True, **changes)


def again(count=3, **changes):
    """One question with one set of parameters, asked ``count`` times for nothing."""
    return group(count=count, redundant=count - 1, **changes)


def trace(*groups, label="GET /orders/", wall_ms=12.0, **changes):
    return Trace(label=label, groups=groups, wall_ms=wall_ms, **changes)


def field(text, **changes):
    return FieldPath(text, **changes)


def finding(of, kind="n_plus_one", *, severity="error", **changes):
    values = {"kind": kind, "id": "0123456789abcdef", "count": of.count, "group": of}
    return Finding(**{**values, "severity": severity, **changes})


def report(*findings, groups=None, **changes):
    """A finished report of these findings; ``changes`` go to the trace or the assessment."""
    names = Assessment.__slots__
    assessed = {name: changes.pop(name) for name in list(changes) if name in names}
    seen = tuple(each.group for found in findings for each in found.walk())
    seen = groups if groups is not None else seen
    assessment = Assessment(trace=trace(*seen, **changes), findings=findings, **assessed)
    return Report(lambda: assessment).finish()
