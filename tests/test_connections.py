"""Captures and connections that end in other ways than one after the other."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import IntegrityError, close_old_connections, connections, transaction

from nplusone_guard import capture
from nplusone_guard.capture.recorder import Recorder
from nplusone_guard.capture.scope import active
from tests.files_database import ALIAS, files_database
from tests.shop.models import Order, Tag


@pytest.fixture
def files(tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), files_database(tmp_path / "shop.sqlite3"):
        yield


def names():
    return [order.customer.name for order in Order.objects.all()]


def test_a_connection_that_is_closed_and_opened_again_within_a_trace_is_still_seen(files):
    with capture() as report:
        names()
        connections[ALIAS].close()
        names()
    assert report.queries == 12
    (finding,) = report.findings[:1]
    assert finding.relation == "shop.Order.customer"


def test_close_old_connections_within_a_trace_loses_nothing(files):
    connections[ALIAS].settings_dict["CONN_MAX_AGE"] = 0
    with capture() as report:
        names()
        connections[ALIAS].close_at = 0
        close_old_connections()
        assert connections[ALIAS].connection is None
        names()
    assert report.queries == 12


def test_a_transaction_that_fails_is_counted_and_what_comes_after_it_too(shop):
    with capture() as report:
        with pytest.raises(IntegrityError), transaction.atomic():
            [Tag.objects.create(pk=1, name=name) for name in ("one", "again")]
        names()
    assert report.findings[0].relation == "shop.Order.customer"
    inserts = [group for group in report.groups if group.operation == "insert"]
    assert sum(group.count for group in inserts) >= 1
    assert active.get() is None


def rows():
    with capture(label="within a generator"):
        for order in Order.objects.all():
            yield order.customer.name


def test_a_capture_in_a_generator_that_is_never_finished_ends_with_it(shop):
    generator = rows()
    next(generator)
    del generator
    gc.collect()
    assert active.get() is None
    with capture() as report:
        names()
    assert report.queries == 6


def test_a_capture_that_is_left_open_in_a_generator_does_not_lose_the_outer_ones_queries(shop):
    with capture() as outer:
        generator = rows()
        next(generator)
        names()
    generator.close()
    assert outer.queries >= 8
    assert active.get() is None


def test_captures_that_end_in_the_wrong_order_leave_nothing_open(shop):
    first, second = capture(), capture()
    one, two = first.__enter__(), second.__enter__()
    names()
    first.__exit__(None, None, None)
    names()
    second.__exit__(None, None, None)
    assert one.queries == 6
    assert two.queries >= 6
    assert active.get() is None


def test_no_recorder_is_kept_when_its_report_is_gone(shop):
    before = [each for each in gc.get_objects() if type(each) is Recorder]
    with capture() as report:
        names()
    assert report.findings
    del report
    gc.collect()
    assert [each for each in gc.get_objects() if type(each) is Recorder] == before


FORKED = """
import json, os, sys
import django
django.setup()
from django.core.management import call_command
from django.db import connections
from nplusone_guard import capture
from tests.conftest import fill
from tests.shop.models import Order

def names():
    return [order.customer.name for order in Order.objects.all()]

call_command("migrate", run_syncdb=True, verbosity=0)
fill()
with capture() as before:
    names()
connections.close_all()
found = []
for number in range(3):
    inner, outer = os.pipe()
    if os.fork() == 0:
        with capture() as report:
            for _ in range(number + 1):
                names()
        os.write(outer, json.dumps([report.queries, len(report.findings)]).encode())
        os._exit(0)
    os.wait()
    found.append(json.loads(os.read(inner, 1000)))
with capture() as after:
    names()
print(json.dumps([before.queries, found, after.queries]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize("threads", ["", "gevent"])
def test_workers_that_are_forked_trace_what_is_theirs(tmp_path, threads):
    root = Path(__file__).parent.parent
    (tmp_path / "forked.py").write_text(
        "from tests.settings import *\n"
        'DATABASES = {"default": {**DATABASES["default"], "NAME": "forked.sqlite3"}}\n'
    )
    patch = ""
    if threads:
        pytest.importorskip("gevent", reason="needs gevent (make load)")
        patch = "from gevent import monkey; monkey.patch_all()\n"
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "forked",
        "PYTHONPATH": f"{root}:{tmp_path}",
    }
    environ.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", patch + FORKED],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [6, [[6, 1], [12, 2], [18, 2]], 6]


GREENLETS = """
from gevent import monkey
monkey.patch_all()
import json
import django
django.setup()
import gevent
from django.core.management import call_command
from django.db import connections
from nplusone_guard import capture
from tests.conftest import fill
from tests.shop.models import Order

call_command("migrate", run_syncdb=True, verbosity=0)
fill()

def work(number):
    with capture() as report:
        for _ in range(number):
            Order.objects.count()
            gevent.sleep(0.001)
    connections.close_all()
    return report.queries

jobs = [gevent.spawn(work, number) for number in range(1, 21)]
gevent.joinall(jobs, raise_error=True)
print(json.dumps([job.value for job in jobs]))
"""


def test_greenlets_of_one_thread_never_mix_their_traces(tmp_path):
    pytest.importorskip("gevent", reason="needs gevent (make load)")
    root = Path(__file__).parent.parent
    (tmp_path / "greenlets.py").write_text(
        "from tests.settings import *\n"
        'DATABASES = {"default": {**DATABASES["default"], "NAME": "greenlets.sqlite3"}}\n'
    )
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "greenlets",
        "PYTHONPATH": f"{root}:{tmp_path}",
    }
    environ.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", GREENLETS],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == list(range(1, 21))
