"""The comment ``# guard: allow[relation] reason`` on the line of a finding."""

from __future__ import annotations

import linecache

import pytest
from django.template import Context, Engine
from rest_framework import serializers

from nplusone_guard import allow, capture
from tests.shop.models import Order, OrderItem

CUSTOMER = "shop.Order.customer"


@pytest.fixture
def read(tmp_path, shop):
    """Run a file of the project that loads customers in a loop; ``{}`` is the line's end."""

    def read(comment, body="    order.customer.name  {}"):
        file = tmp_path / "project.py"
        source = "for order in orders:\n" + body.format(comment) + "\n"
        file.write_text(source)
        linecache.checkcache(str(file))
        code = compile(source, str(file), "exec")
        with capture() as report:
            exec(code, {"orders": Order.objects.all()})
        return report

    return read


def suppressed(report):
    return [(each.finding.relation, each.allowance.reason) for each in report.suppressed]


def test_it_covers_the_finding_of_its_line(read, tmp_path):
    report = read("# guard: allow[shop.Order.customer] five rows at most")
    assert report.ok
    assert suppressed(report) == [(CUSTOMER, "five rows at most")]
    assert report.suppressed[0].allowance.place == f"{tmp_path / 'project.py'}:2"
    assert report.stale == ()


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("# guard: allow[*] few", "few"),
        ("# guard: allow[shop.*.customer] few", "few"),
        ("#guard:allow[shop.Order.customer]few", "few"),
        ("# guard: allow [ shop.Order.customer ] few", "few"),
        ("# guard: allow[shop.Order.customer, until=9999-12-31] few", "few"),
        ("# guard: allow[shop.Order.customer,until=9999-12-31] few", "few"),
        ("# noqa: X1  # guard: allow[shop.Order.customer] few", "few"),
        ("# guard: allow[shop.Order.customer] few  # noqa: X1", "few"),
        ("# guard: allow[shop.Order.customer] #42, few", "#42, few"),
        ("# guard: allow[a.b.c] other  # guard: allow[shop.Order.customer] few", "few"),
    ],
)
def test_how_it_may_be_written(read, comment, reason):
    assert suppressed(read(comment)) == [(CUSTOMER, reason)]


@pytest.mark.parametrize(
    ("comment", "lacks"),
    [
        ("# guard: allow[shop.Order.customer]", "it gives no reason"),
        ("# guard: allow[shop.Order.customer]  # noqa: X1", "it gives no reason"),
        ("# guard: allow[shop.Order.customer, until=9999-12-31]", "it gives no reason"),
        ("# guard: allow", "write it as # guard: allow[app.Model.field] reason"),
        ("# guard: allow few rows", "write it as # guard: allow[app.Model.field] reason"),
        ("# guard: allow[] few", "write it as"),
        ("# guard: allow[shop.Order.customer few", "write it as"),
        ("# guard: allow[shop.Order.customer, shop.Order.payer] few", "write it as"),
        ("# guard: allow[customer] few", "relation='customer': a relation has three parts"),
        ("# guard: allow[shop.Order.customer, until=soon] few", "until='soon': it takes a date"),
        ("# guard: allow[shop.Order.customer, until=2027-02-30] few", "until='2027-02-30'"),
    ],
)
def test_one_that_is_not_valid_covers_nothing_and_the_report_says_what_it_lacks(
    read, comment, lacks, tmp_path
):
    report = read(comment)
    assert [finding.relation for finding in report.findings] == [CUSTOMER]
    assert report.suppressed == ()
    (stale,) = report.stale
    assert stale.startswith(f"the comment at {tmp_path / 'project.py'}:2 covers nothing: ")
    assert lacks in stale
    assert stale in " ".join(str(report).split())


@pytest.mark.parametrize(
    "comment",
    [
        "# guard: don't go below zero",
        "# guard allow[*] few",
        "# allow[*] few",
        "# guard",
        "# guard: allow[W131] for the system checks",
        "# guard: allow[nplusone_guard.W131] for the system checks",
        "# guard: allow[W131]",
    ],
)
def test_other_comments_are_no_business_of_the_guard(read, comment):
    report = read(comment)
    assert [finding.relation for finding in report.findings] == [CUSTOMER]
    assert report.stale == ()


def test_one_for_another_relation_is_stale(read, tmp_path):
    report = read("# guard: allow[shop.Order.payer] few")
    assert [finding.relation for finding in report.findings] == [CUSTOMER]
    assert report.stale == (
        f'allow("shop.Order.payer") at {tmp_path / "project.py"}:2 matched nothing: few',
    )


def test_after_its_date_the_finding_is_back_and_it_is_stale(read, tmp_path):
    report = read("# guard: allow[shop.Order.customer, until=2020-02-29] few")
    assert [finding.relation for finding in report.findings] == [CUSTOMER]
    assert report.stale == (
        f'allow("shop.Order.customer") at {tmp_path / "project.py"}:2 expired on 2020-02-29: few',
    )


@pytest.mark.parametrize(
    "body",
    [
        "    print(  # first line\n        order.customer.name,  {}\n        file=None, end='')",
        "    (\n        order\n        .customer  {}\n        .name\n    )",
        "    list(  {}\n        order.items\n        .all()\n    )",
        "    list(\n        order.items  {}\n        .all()\n    )",
        "    list(\n        order.items\n        .all()\n    )  {}",
    ],
    ids=["argument", "attribute", "first line of a call", "within a call", "last line of a call"],
)
def test_it_may_stand_on_each_line_of_the_expression(read, body):
    report = read("# guard: allow[shop.Order.*] few", body)
    assert [reason for _, reason in suppressed(report)] == ["few"]
    assert report.findings == ()


@pytest.mark.parametrize(
    "body",
    ["    {}\n    order.customer.name", "    order.customer.name\n    {}"],
    ids=["above", "below"],
)
def test_it_covers_no_other_line(read, body):
    report = read("# guard: allow[shop.Order.customer] few", body)
    assert [finding.relation for finding in report.findings] == [CUSTOMER]


def test_it_covers_one_of_two_findings_on_its_line(read):
    report = read(
        "# guard: allow[shop.Order.customer] few", "    order.customer.name, order.payer.name  {}"
    )
    assert suppressed(report) == [(CUSTOMER, "few")]
    assert [finding.relation for finding in report.findings] == ["shop.Order.payer"]
    assert report.stale == ()


class ItemSerializer(serializers.ModelSerializer):
    product_name = serializers.CharField(source="product.name")  # guard: allow[*.*.product] few

    class Meta:
        model = OrderItem
        fields = ("product_name",)


def test_it_may_stand_where_a_serializer_declares_its_field(shop):
    with capture() as report:
        ItemSerializer(OrderItem.objects.all(), many=True).data
    assert suppressed(report) == [("shop.OrderItem.product", "few")]


def test_it_may_stand_in_a_template(shop, tmp_path):
    (tmp_path / "orders.html").write_text(
        "{% for order in orders %}\n"
        "{{ order.customer.name }} {# guard: allow[shop.Order.customer] few #}\n"
        "{% endfor %}\n"
    )
    template = Engine(dirs=[tmp_path]).get_template("orders.html")
    with capture() as report:
        template.render(Context({"orders": Order.objects.all()}))
    assert suppressed(report) == [(CUSTOMER, "few")]


def test_a_question_asked_in_two_places_is_covered_at_the_later_one(shop):
    with capture() as report:
        Order.objects.count()
        Order.objects.count()  # guard: allow[*] asked again after a while
    assert suppressed(report) == [(None, "asked again after a while")]
    assert report.findings == ()


def test_a_question_asked_in_three_places_is_not_covered_at_one_of_them(shop):
    with capture() as middle:
        Order.objects.count()
        Order.objects.count()  # guard: allow[*] asked again after a while
        Order.objects.count()
    with capture() as last:
        Order.objects.count()
        Order.objects.count()
        Order.objects.count()  # guard: allow[*] asked again after a while
    for report in (middle, last):
        assert [finding.kind for finding in report.findings] == ["duplicate"]
        assert report.stale == ()


def test_a_block_and_a_comment_that_both_match_are_both_used(read):
    with allow(relation="shop.*.*", reason="block"):
        report = read("# guard: allow[shop.Order.customer] comment")
    assert suppressed(report) == [(CUSTOMER, "block")]
    assert report.stale == ()
