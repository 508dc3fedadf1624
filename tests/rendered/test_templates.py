"""Queries out of a template: the line of the template, and the view that gave it the queryset."""

from __future__ import annotations

import pytest

from tests.rendered.site import Found
from tests.shop.models import Order

ROWS = """
    {% for order in orders %}
    {{ order.customer.name }}
    {% endfor %}
"""
PAGE = {"templates/orders.html": ROWS}


def customer(where, **changed):
    return Found(
        "shop.Order.customer",
        5,
        at="{{ order.customer.name }}",
        field="{{ order.customer.name }}",
        path="customer",
        fix='select_related("customer")',
        where=where,
    )._replace(**changed)


#: name → (source of the view, text of the expression that builds its queryset).
VIEWS = {
    "render": (
        """
        def orders(request):
            return render(request, "orders.html", {"orders": Order.objects.all()})

        urlpatterns = [path("", orders)]
        """,
        "Order.objects.all()",
    ),
    "render with a context made before": (
        """
        def orders(request):
            found = Order.objects.filter(pk__gt=0)
            context = {"title": "orders", "orders": found}
            return render(request, "orders.html", context=context)

        urlpatterns = [path("", orders)]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "context filled key by key": (
        """
        def orders(request):
            context = {}
            context["orders"] = Order.objects.filter(pk__gt=0)
            return render(request, "orders.html", context)

        urlpatterns = [path("", orders)]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "context made by dict()": (
        """
        def orders(request):
            return render(request, "orders.html", dict(orders=Order.objects.all()))

        urlpatterns = [path("", orders)]
        """,
        "Order.objects.all()",
    ),
    "TemplateResponse, rendered after the view has returned": (
        """
        def orders(request):
            return TemplateResponse(request, "orders.html", {"orders": Order.objects.all()})

        urlpatterns = [path("", orders)]
        """,
        "Order.objects.all()",
    ),
    "ListView with a model": (
        """
        class Orders(ListView):
            model = Order
            template_name = "orders.html"
            context_object_name = "orders"

        urlpatterns = [path("", Orders.as_view())]
        """,
        "class Orders(ListView):",
    ),
    "ListView with a queryset": (
        """
        class Orders(ListView):
            queryset = Order.objects.filter(pk__gt=0)
            template_name = "orders.html"
            context_object_name = "orders"

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "ListView with get_queryset": (
        """
        class Orders(ListView):
            model = Order
            template_name = "orders.html"
            context_object_name = "orders"

            def get_queryset(self):
                return super().get_queryset().filter(pk__gt=0)

        urlpatterns = [path("", Orders.as_view())]
        """,
        "super().get_queryset().filter(pk__gt=0)",
    ),
    "ListView made in the URLs": (
        """
        urlpatterns = [
            path(
                "",
                ListView.as_view(
                    queryset=Order.objects.all(),
                    template_name="orders.html",
                    context_object_name="orders",
                ),
            )
        ]
        """,
        "{% for order in orders %}",
    ),
    "get_context_data": (
        """
        class Orders(TemplateView):
            template_name = "orders.html"

            def get_context_data(self, **kwargs):
                context = super().get_context_data(**kwargs)
                context["orders"] = Order.objects.filter(pk__gt=0)
                return context

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "get_context_data with keywords": (
        """
        class Orders(TemplateView):
            template_name = "orders.html"

            def get_context_data(self, **kwargs):
                return super().get_context_data(orders=Order.objects.all(), **kwargs)

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.all()",
    ),
    "extra_context": (
        """
        class Orders(TemplateView):
            template_name = "orders.html"
            extra_context = {"orders": Order.objects.filter(pk__gt=0)}

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "View with a get of its own": (
        """
        class Orders(View):
            def get(self, request):
                return render(request, "orders.html", self.context())

            def context(self):
                return {"orders": Order.objects.all()}

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.all()",
    ),
    "function of another module": (
        """
        from .shelves import visible_orders

        def orders(request):
            return render(request, "orders.html", {"orders": visible_orders(request)})

        urlpatterns = [path("", orders)]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "two querysets of one model": (
        """
        def orders(request):
            old = Order.objects.select_related("customer")
            context = {"old": old, "orders": Order.objects.all()}
            return render(request, "orders.html", context)

        urlpatterns = [path("", orders)]
        """,
        "Order.objects.all()",
    ),
    "pages": (
        """
        from django.core.paginator import Paginator

        def orders(request):
            page = Paginator(Order.objects.order_by("pk"), 5).get_page(1)
            return render(request, "orders.html", {"orders": page})

        urlpatterns = [path("", orders)]
        """,
        'Order.objects.order_by("pk")',
    ),
    "rows that a helper renders": (
        """
        def shown(request, orders):
            return render(request, "orders.html", {"orders": orders})

        def orders(request):
            return shown(request, Order.objects.all())

        urlpatterns = [path("", orders)]
        """,
        "Order.objects.all()",
    ),
    "decorated view whose response is rendered later": (
        """
        from functools import wraps

        def decorated(view):
            @wraps(view)
            def wrapper(request):
                return view(request)

            return wrapper

        @decorated
        def orders(request):
            return TemplateResponse(request, "orders.html", {"orders": Order.objects.all()})

        urlpatterns = [path("", orders)]
        """,
        "Order.objects.all()",
    ),
    "property of a class-based view": (
        """
        from django.utils.functional import cached_property

        class Orders(TemplateView):
            template_name = "orders.html"

            @cached_property
            def found(self):
                return Order.objects.filter(pk__gt=0)

            def get_context_data(self, **kwargs):
                return super().get_context_data(orders=self.found, **kwargs)

        urlpatterns = [path("", Orders.as_view())]
        """,
        "Order.objects.filter(pk__gt=0)",
    ),
    "two views, of which another one has the same name": (
        """
        def others(request):
            return render(request, "orders.html", {"orders": Order.objects.none()})

        def orders(request):
            return render(request, "orders.html", {"orders": Order.objects.all()})

        urlpatterns = [path("", orders), path("others/", others)]
        """,
        "Order.objects.all()",
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_the_fix_goes_where_the_template_was_given_its_queryset(site, name):
    source, where = VIEWS[name]
    shelves = "def visible_orders(request):\n    return Order.objects.filter(pk__gt=0)\n"
    site.write(source, files={**PAGE, "shelves.py": shelves})
    expected = customer(where)
    if name == "ListView with a model":
        expected = customer(where, fix='queryset = Order.objects.select_related("customer")')
    assert site.found() == [expected]
    if not where.startswith("{%"):
        assert site.mend() == []


def test_list_view_in_pages(site):
    site.write(
        """
        class Orders(ListView):
            queryset = Order.objects.order_by("pk")
            template_name = "orders.html"
            paginate_by = 4

        urlpatterns = [path("", Orders.as_view())]
        """,
        files={
            "templates/orders.html": """
                {{ page_obj.number }}
                {% for order in page_obj %}
                {{ order.customer.name }}
                {% endfor %}
            """
        },
    )
    assert site.found() == [customer('Order.objects.order_by("pk")', count=4)]
    assert site.mend() == []


def test_names_that_a_template_gives_anew(site):
    site.write(
        VIEWS["render"][0].replace('"orders":', '"found":'),
        files={
            "templates/orders.html": """
                {% with rows=found %}
                {% include "rows.html" with orders=rows %}
                {% endwith %}
            """,
            "templates/rows.html": ROWS,
        },
    )
    assert site.found() == [customer("Order.objects.all()")]
    assert site.mend() == []


def test_rows_that_a_view_gives_under_another_name_than_its_own(site):
    site.write(
        """
        class Orders(ListView):
            queryset = Order.objects.select_related("customer")
            template_name = "orders.html"

            def get_context_data(self, **kwargs):
                context = super().get_context_data(**kwargs)
                context["orders"] = Order.objects.filter(pk__gt=0)
                return context

        urlpatterns = [path("", Orders.as_view())]
        """,
        files=PAGE,
    )
    assert site.found() == [customer("Order.objects.filter(pk__gt=0)")]
    assert site.mend() == []


def test_emptiness_asked_before_the_loop(site):
    site.write(
        VIEWS["render"][0],
        files={"templates/orders.html": "{% if orders %}" + ROWS + "{% endif %}"},
    )
    assert site.found() == [customer("Order.objects.all()")]
    assert site.mend() == []


def test_two_names_in_one_question(site):
    site.write(
        """
        def orders(request):
            context = {"orders": Order.objects.all(), "products": Product.objects.all()}
            return render(request, "orders.html", context)

        urlpatterns = [path("", orders)]
        """,
        files={"templates/orders.html": "{% if products and orders %}" + ROWS + "{% endif %}"},
    )
    assert site.found() == [customer("Order.objects.all()")]
    assert site.mend() == []


def test_rows_that_a_tag_regroups(site):
    site.write(
        VIEWS["render"][0],
        files={
            "templates/orders.html": """
                {% regroup orders by payer_id as groups %}
                {% for group in groups %}
                {% for order in group.list %}
                {{ order.customer.name }}
                {% endfor %}
                {% endfor %}
            """
        },
    )
    assert site.found() == [customer("Order.objects.all()")]
    assert site.mend() == []


def test_template_rendered_for_each_row(site):
    site.write(
        """
        from django.template.loader import render_to_string

        def orders(request):
            rows = [
                render_to_string("order.html", {"order": order}) for order in Order.objects.all()
            ]
            return HttpResponse("".join(rows))

        urlpatterns = [path("", orders)]
        """,
        files={"templates/order.html": "{{ order.customer.name }}"},
    )
    assert site.found() == [customer("Order.objects.all()")]
    assert site.mend() == []


def test_rows_of_a_tag_have_no_place_but_the_line_that_goes_through_them(site):
    site.write(
        """
        def page(request):
            return render(request, "page.html")

        urlpatterns = [path("", page)]
        """,
        files={
            "templates/page.html": "{% load tags %}{% latest %}",
            "templates/orders.html": ROWS,
            "tags.py": """
                register = template.Library()

                @register.inclusion_tag("orders.html")
                def latest():
                    return {"orders": Order.objects.order_by("-pk")}
            """,
        },
    )
    assert site.found() == [customer("{% for order in orders %}")]


def test_nested_loop(site):
    site.write(
        VIEWS["render"][0],
        files={
            "templates/orders.html": """
                {% for order in orders %}
                {% for item in order.items.all %}
                {{ item.product.name }}
                {% endfor %}
                {% endfor %}
            """
        },
    )
    assert site.found() == [
        Found(
            "shop.Order.items",
            5,
            at="{% for item in order.items.all %}",
            field="{% for item in order.items.all %}",
            path="items",
            fix='prefetch_related("items__product")',
            where="Order.objects.all()",
            levels=("shop.OrderItem.product",),
        )
    ]
    assert site.mend() == []


def test_included_template(site):
    site.write(
        VIEWS["render"][0],
        files={
            "templates/orders.html": """
                {% for order in orders %}
                {% include "order.html" %}
                {% endfor %}
            """,
            "templates/order.html": """
                <p>
                {{ order.customer.name }}
                </p>
            """,
        },
    )
    assert site.found() == [customer("Order.objects.all()")]
    assert site.finding().location.file.endswith("templates/order.html")
    assert site.finding().location.line == 2
    assert site.mend() == []


def test_template_that_extends_another(site):
    site.write(
        VIEWS["render"][0],
        files={
            "templates/base.html": "<body>{% block content %}{% endblock %}</body>",
            "templates/orders.html": """
                {% extends "base.html" %}
                {% block content %}
                {% for order in orders %}
                {{ order.customer.name }}
                {% endfor %}
                {% endblock %}
            """,
        },
    )
    assert site.found() == [customer("Order.objects.all()")]
    assert site.mend() == []


TAGS = """
    register = template.Library()

    @register.simple_tag
    def customer_of(order):
        return order.customer.name

    @register.filter
    def customer_name(order):
        return order.customer.name
"""


def test_tag(site):
    site.write(
        VIEWS["render"][0],
        files={
            "templates/orders.html": """
                {% load tags %}
                {% for order in orders %}
                {% customer_of order %}
                {% endfor %}
            """,
            "tags.py": TAGS,
        },
    )
    assert site.found() == [
        customer("Order.objects.all()", at="order.customer", field="{% customer_of order %}")
    ]
    assert site.mend() == []


def test_filter(site):
    site.write(
        VIEWS["render"][0],
        files={
            "templates/orders.html": """
                {% load tags %}
                {% for order in orders %}
                {{ order|customer_name }}
                {% endfor %}
            """,
            "tags.py": TAGS,
        },
    )
    assert site.found() == [
        customer("Order.objects.all()", at="order.customer", field="{{ order|customer_name }}")
    ]
    assert site.mend() == []


def test_detail_view(site):
    site.write(
        """
        class OrderView(DetailView):
            model = Order
            template_name = "order.html"

        urlpatterns = [path("<int:pk>/", OrderView.as_view())]
        """,
        files={
            "templates/order.html": """
                {% for item in order.items.all %}
                {{ item.product.name }}
                {% endfor %}
            """
        },
    )
    assert site.found(f"/{Order.objects.first().pk}/") == [
        Found(
            "shop.OrderItem.product",
            3,
            at="{{ item.product.name }}",
            field="{{ item.product.name }}",
            path="items__product",
            fix='queryset = Order.objects.prefetch_related("items__product")',
            where="class OrderView(DetailView):",
        )
    ]
    assert site.mend() == []


def test_template_made_from_a_string_is_named_by_the_line_that_renders_it(site):
    site.write(
        """
        def orders(request):
            page = template.Template(
                "{% for order in orders %}{{ order.customer.name }}{% endfor %}"
            )
            context = template.Context({"orders": Order.objects.all()})
            return HttpResponse(page.render(context))

        urlpatterns = [path("", orders)]
        """,
    )
    assert site.found() == [
        customer("Order.objects.all()", at="return HttpResponse(page.render(context))")
    ]
    assert site.mend() == []


def test_template_made_from_a_string_that_is_rendered_after_the_view_has_returned(site):
    site.write(
        """
        def orders(request):
            text = "{% for order in orders %}{{ order.customer.name }}{% endfor %}"
            page = engines["django"].from_string(text)
            return TemplateResponse(request, page, {"orders": Order.objects.all()})

        urlpatterns = [path("", orders)]
        """,
    )
    assert site.found() == [customer("Order.objects.all()", at="def orders(request):")]
    assert site.mend() == []


def test_template_made_from_a_string_of_a_class_based_view(site):
    site.write(
        """
        class Orders(ListView):
            model = Order

            def render_to_response(self, context):
                text = "{% for order in order_list %}{{ order.customer.name }}{% endfor %}"
                return TemplateResponse(
                    self.request, engines["django"].from_string(text), context
                )

        urlpatterns = [path("", Orders.as_view())]
        """,
    )
    line = "class Orders(ListView):"
    fix = 'queryset = Order.objects.select_related("customer")'
    assert site.found() == [customer(line, at=line, fix=fix)]
    assert site.mend() == []


def test_context_processor_that_loads_for_each_row_of_its_own(site):
    site.write(
        """
        def orders(request):
            return render(request, "orders.html", {})

        urlpatterns = [path("", orders)]
        """,
        files={
            **PAGE,
            "processors.py": """
                def extra(request):
                    return {"orders": Order.objects.all()}
            """,
        },
    )
    assert site.found() == [customer("{% for order in orders %}")]
