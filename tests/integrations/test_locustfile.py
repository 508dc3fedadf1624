"""The benchmark's locustfile against the orders API under gunicorn, as `make bench` runs it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from importlib.util import find_spec

import pytest

pytest.importorskip("benchmarks.load", reason="the source distribution has no benchmarks")
# Not imported: it patches the process.
pytestmark = pytest.mark.skipif(find_spec("locust") is None, reason="needs locust (make load)")

from benchmarks.load import database, drive, server  # noqa: E402
from benchmarks.load.drive import Failed, Load  # noqa: E402

SHORT = Load(users=4, seconds=2, think=0.05)
QUICK = Load(users=2, seconds=1, think=0.05)
LIMITS = ("--guard-gates", str(drive.GATES))


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orders")
    with (
        database.sqlite(folder) as url,
        server.serving(folder, url, workers=1, customers=8, orders=400) as running,
    ):
        yield running


def told(folder):
    """Requests by endpoint, as the plugin counted them on the master or in the one process."""
    counted = Counter()
    for row in json.loads((folder / "queries.json").read_text())["endpoints"]:
        counted[f"{row['method']} {row['name'].split('?')[0]}"] += row["requests"]
    return counted


def served(orders, begin):
    """Requests by endpoint, as the server logged them after the first ``begin`` bytes."""
    lines = orders.log.read_bytes()[begin:].decode().splitlines()
    logged = [each for line in lines if (each := json.loads(line))["logger"] == "access"]
    return Counter(
        f"{each['method']} {re.sub(r'/orders/[0-9]+/', '/orders/ID/', each['path'])}"
        for each in logged
    )


@pytest.mark.parametrize("variant", drive.VARIANTS)
def test_each_variant_runs_without_a_failure_and_tells_its_queries(orders, tmp_path, variant):
    seen = drive.phase(orders, variant, SHORT, tmp_path)
    assert seen.seconds == pytest.approx(SHORT.seconds, abs=0.5)
    names = {each.name for each in seen.begun}
    api = "v1" if variant == "tuned" else "naive"
    assert f"GET /api/{api}/orders/" in names
    assert not any("/api/naive/" in name for name in names) or variant == "naive"
    lists = [each.queries for each in seen.begun if each.name == f"GET /api/{api}/orders/"]
    assert (max(lists) == 4) if variant == "tuned" else (min(lists) > 100)


def test_a_gate_that_breaks_names_endpoint_limit_and_actual(orders):
    done = drive.run(drive.command(orders, "naive", QUICK, *LIMITS))
    assert done.returncode == 1
    (broken,) = re.findall(
        r"guard gate broken: GET /api/naive/orders/: (\d+) queries, 10 allowed", done.stderr
    )
    assert int(broken) > 200
    assert "GET /api/v1/orders/: it was never requested" in done.stderr


def test_an_answer_that_is_wrong_fails_and_is_named(orders, tmp_path):
    data = json.loads(orders.data.read_text())
    for account in data["customers"]:
        account["orders"] = account["orders"][::2]  # as if the others were other people's
    (tmp_path / "orders.json").write_text(json.dumps(data))
    other = server.Server(orders.url, tmp_path / "orders.json", orders.log, 1)
    with pytest.raises(Failed, match=r"GET /api/v1/orders/: .*orders of others: expected set\(\)"):
        drive.phase(other, "tuned", QUICK, tmp_path)


def test_a_variant_that_breaks_its_gates_ends_the_benchmark(orders, tmp_path, monkeypatch):
    gates = tmp_path / "gates.toml"
    gates.write_text("[default]\nmax_queries = 3\n")
    monkeypatch.setattr(drive, "GATES", gates)
    with pytest.raises(Failed, match="GET /api/v1/orders/: 4 queries, 3 allowed"):
        drive.phase(orders, "tuned", QUICK, tmp_path)


def test_of_several_processes_the_master_counts_what_the_server_served(orders, tmp_path):
    begin = orders.log.stat().st_size
    file = ("--guard-json", str(tmp_path / "queries.json"))
    done = drive.run(drive.command(orders, "tuned", SHORT, "--processes", "2", *file))
    assert done.returncode == 0, done.stderr
    counted = told(tmp_path)
    assert counted == served(orders, begin)
    assert counted["POST /api/v1/auth/login/"] == SHORT.users


def test_of_workers_by_address_the_master_counts_what_the_server_served(orders, tmp_path):
    begin = orders.log.stat().st_size
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    master = drive.command(
        orders, "naive", SHORT, "--master", "--master-bind-host", "127.0.0.1",
        "--master-bind-port", port, "--expect-workers", "3", *LIMITS,
        "--guard-json", str(tmp_path / "queries.json"),
    )  # fmt: skip
    worker = [
        *(sys.executable, "-m", "locust", "-f", str(drive.LOCUSTFILE), "--worker"),
        *("--master-host", "127.0.0.1", "--master-port", port),
    ]
    with ExitStack() as stack:
        workers = []
        for _ in range(3):
            workers.append(stack.enter_context(subprocess.Popen(
                worker, cwd=server.ROOT, stderr=subprocess.PIPE, text=True
            )))  # fmt: skip
            stack.callback(workers[-1].kill)
        done = drive.run(master)
        ended = [(each.wait(20), each.stderr.read()) for each in workers]
    assert told(tmp_path) == served(orders, begin), done.stderr
    assert done.returncode == 1  # the master judges
    assert len(re.findall("guard gate broken: GET /api/naive/orders/: ", done.stderr)) == 1
    assert not any("guard gate" in said for _, said in ended)


def test_staff_see_all_orders_and_a_token_is_refreshed_before_it_expires(orders, tmp_path):
    """As a run of more than five minutes does."""
    (tmp_path / "locustfile.py").write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(drive.LOCUSTFILE.parent)!r})\n"
        "import shopping\n"
        "from shopping import *\n"
        "shopping.FRESH = 0.5\n"
    )
    (tmp_path / "shopping.py").symlink_to(drive.LOCUSTFILE)
    staff = Load(users=2, seconds=2, think=0.05, who="staff", page_size=500)
    file = ("--guard-json", str(tmp_path / "queries.json"))
    arguments = drive.command(orders, "tuned", staff, *file)
    arguments[arguments.index(str(drive.LOCUSTFILE))] = str(tmp_path / "locustfile.py")
    done = drive.run(arguments)
    assert done.returncode == 0, done.stderr
    assert told(tmp_path)["POST /api/v1/auth/refresh/"] >= 2
