"""``pytest --query-guard=report`` in a project that has never heard of the guard."""

from __future__ import annotations

from tests.suite.conftest import CLEAN, ONE_CAUSE


def test_each_cause_is_named_once_with_its_tests_its_relation_its_line_and_its_fix(project):
    project.write(ONE_CAUSE)
    result = project.run("--query-guard=report")
    result.assert_outcomes(passed=3)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "traced 4 requests in 3 tests: 2 endpoints, 1 finding",
            "  wasted  queries  requests  endpoint",
            "       5        6         3  GET row-by-row/",
            "       0        1         1  GET joined/",
            "N+1 5x shop.Order.customer",
            "      in    GET row-by-row/",
            "      test  test_project.py::test_one and 1 more test",
            "      at    */tests/endpoints.py:17 in row_by_row*",
            "            17 | return JsonResponse(*",
            '      fix   select_related("customer")',
            "fail on these: *pytest --query-guard=fail",
            "only on new ones: *pytest --query-guard=report --query-guard-baseline=update",
        ]
    )


def test_the_option_alone_reports(project):
    project.write(CLEAN)
    result = project.run("--query-guard")
    result.stdout.fnmatch_lines(["traced 1 request in 1 test: 1 endpoint, no finding"])
    result.stdout.fnmatch_lines(["to keep it so: *pytest --query-guard=fail"])


def test_without_the_option_nothing_is_said(project):
    project.write(ONE_CAUSE)
    project.run().stdout.no_fnmatch_line("*query guard*")


def test_every_client_and_server_is_seen(project):
    project.write("""
from urllib.request import urlopen

class ApiTests(APITestCase):
    def test_api(self):
        fill()
        self.client.get("/api/orders/")

class ServerTests(LiveServerTestCase):
    def test_server(self):
        fill()
        urlopen(self.live_server_url + "/row-by-row/").read()

class AsyncTests(TestCase):
    async def test_async(self):
        await self.async_client.get("/row-by-row-async/")

def test_fixture(live_server, filled):
    urlopen(live_server.url + "/row-by-row/").read()

def test_thread(client, transactional_db):
    import threading
    from django.db import connection
    fill()
    def send():
        client.get("/row-by-row/")
        connection.connection.close()  # Django keeps one to a database in memory open
    thread = threading.Thread(target=send)
    thread.start()
    thread.join()
""")
    result = project.run("--query-guard=report")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["traced 5 requests in 5 tests: 3 endpoints, *"])
    result.stdout.fnmatch_lines(["*3  GET row-by-row/"])
    result.stdout.fnmatch_lines(["*1  GET row-by-row-async/"])
    result.stdout.fnmatch_lines(["*1  GET api/orders/*"])


def test_a_stream_counts_to_its_end(project):
    project.write("""
def test_stream(client, filled):
    b"".join(client.get("/stream/"))
""")
    project.run("--query-guard=report").stdout.fnmatch_lines(
        ["       5        6         1  GET stream/"]
    )


def test_loops_of_the_test_itself_raise_no_alarm(project):
    project.write("""
def test_factories(client, filled):
    for order in Order.objects.all():
        order.customer.name
        order.save()
    client.get("/joined/")
""")
    result = project.run("--query-guard=fail")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["traced 1 request in 1 test: 1 endpoint, no finding"])


def test_requests_of_a_fixture_belong_to_its_test(project):
    project.write("""
@pytest.fixture
def sent(client, filled):
    client.get("/row-by-row/")

def test_it(sent):
    pass
""")
    project.run("--query-guard=report").stdout.fnmatch_lines(
        ["      test  test_project.py::test_it"]
    )


def test_what_an_installed_middleware_asks_is_one_cause_and_never_placed_in_a_test(project):
    installed = project.path / "site-packages"
    installed.mkdir()
    (installed / "greeting.py").write_text("""
from tests.shop.models import Order

def middleware(get_response):
    def respond(request):
        request.greeted = [order.customer.name for order in Order.objects.all()]
        return get_response(request)
    return respond
""")
    project.settings(
        f"import sys\nsys.path.append({str(installed)!r})\n"
        "MIDDLEWARE = [*MIDDLEWARE, 'greeting.middleware']\n"
    )
    project.write("""
def test_one(client, filled):
    client.get("/joined/")

def test_two(client, filled):
    client.get("/joined/")
""")
    result = project.run("--query-guard=report")
    result.stdout.fnmatch_lines(
        [
            "traced 2 requests in 2 tests: 1 endpoint, 1 finding",
            "      test  test_project.py::test_one and 1 more test",
            "      at    site-packages/greeting.py:6 in *",
        ]
    )


def test_the_table_is_as_long_as_asked(project):
    project.write(ONE_CAUSE)
    result = project.run("--query-guard-top=1")
    result.stdout.fnmatch_lines(["*  GET row-by-row/", "  and 1 more endpoint (*"])
    result.stdout.no_fnmatch_line("*  GET joined/")


def test_a_run_without_a_request_says_so(project):
    project.write("def test_nothing():\n    pass\n")
    result = project.run("--query-guard=report")
    result.stdout.fnmatch_lines(["traced 0 requests in 0 tests: nothing was looked at"])
    assert result.ret == 0


def test_paths_that_the_settings_exclude_are_not_traced(project):
    project.settings('NPLUSONE_GUARD = {"EXCLUDE_PATHS": ["/row-"]}\n')
    project.write(ONE_CAUSE)
    project.run("--query-guard=report").stdout.fnmatch_lines(["traced 1 request in 1 test: *"])


def test_a_wrong_value_in_the_configuration_is_a_usage_error(project):
    project.write(CLEAN)
    result = project.run("-o", "query_guard=loud")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*query_guard = 'loud': it takes off, report or fail."])


def test_djangos_own_counts_of_queries_keep_working(project):
    project.write("""
def test_counts(client, filled, django_assert_num_queries, query_guard):
    with query_guard.capture() as report, django_assert_num_queries(6):
        client.get("/row-by-row/")
    assert report.queries == 6

class Tests(TestCase):
    def test_counts(self):
        fill()
        with self.assertNumQueries(6):
            self.client.get("/row-by-row/")
""")
    project.run("--query-guard=report").assert_outcomes(passed=2)


def test_an_unknown_form_of_report_is_a_usage_error(project):
    project.write(CLEAN)
    result = project.run("--query-guard-report=pdf:out.pdf")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: a report is one of html:PATH, *'pdf:out.pdf' is none*"])


def test_a_report_that_can_not_be_written_fails_the_run_and_says_so(project):
    project.write(CLEAN)
    (project.path / "taken").write_text("a file, not a directory")
    result = project.run("--query-guard-report=json:taken/run.json")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["query guard failed: *taken*"])


def test_the_properties_of_a_junit_file_tell_what_each_test_asked(project):
    project.write(ONE_CAUSE)
    project.run("--query-guard-report=junit-properties", "--junit-xml=junit.xml")
    text = (project.path / "junit.xml").read_text()
    assert '<property name="query_guard.requests" value="2"' in text
    assert '<property name="query_guard.queries" value="12"' in text
    assert "N+1 5x shop.Order.customer" in text


def test_within_actions_each_finding_is_an_annotation_and_the_job_has_a_summary(
    project, monkeypatch
):
    summary = project.path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    project.write(ONE_CAUSE)
    result = project.run("--query-guard=report")
    result.stdout.fnmatch_lines(["::error file=*endpoints.py,line=17,*::GET row-by-row/*"])
    assert "GET row-by-row/" in summary.read_text()


def test_a_job_whose_summary_can_not_be_written_still_has_its_annotations(project, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.path / "nothing" / "summary.md"))
    project.write(ONE_CAUSE)
    result = project.run("--query-guard=report", "--query-guard-report=json:test_project.py/a.json")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["query guard failed: *test_project.py*", "::error *"])
    result.stdout.fnmatch_lines(["the job has no summary of it: *"])


def test_the_bare_option_before_a_path_says_how_it_is_written(project):
    project.write(CLEAN)
    result = project.run("--query-guard", "test_project.py")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*before a path write --query-guard=report*"])
