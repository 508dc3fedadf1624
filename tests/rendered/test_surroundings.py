"""What runs around a view: middleware, signals, sessions, users, content types, tokens."""

from __future__ import annotations

from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

from tests.rendered.site import Found

MIDDLEWARE = [
    "nplusone_guard.middleware.GuardMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]


def test_session_and_user_are_silent(site):
    site.write(
        """
        def who(request):
            request.session["seen"] = request.session.get("seen", 0) + 1
            return HttpResponse(f"{request.user.username} {request.user.is_staff}")

        urlpatterns = [path("", who)]
        """
    )
    assert site.found(user="ada") == []


def test_permissions_asked_again_and_again_are_silent(site):
    site.write(
        """
        def who(request):
            asked = [request.user.has_perm("shop.change_order") for _ in range(3)]
            return JsonResponse({"asked": asked})

        urlpatterns = [path("", who)]
        """
    )
    assert site.found(user="ada") == []


def test_token_of_django_rest_framework_is_silent(site):
    token = Token.objects.create(user=User.objects.create(username="ada"))
    site.write(
        """
        from rest_framework.authentication import TokenAuthentication

        class Who(APIView):
            authentication_classes = [TokenAuthentication]
            permission_classes = [permissions.IsAuthenticated]

            def get(self, request):
                return Response(request.user.username)

        urlpatterns = [path("", Who.as_view())]
        """
    )
    assert site.found(headers={"authorization": f"Token {token.key}"}) == []
    assert site.report.queries == 1


def test_content_types_are_silent(site):
    site.write(
        """
        def types(request):
            ContentType.objects.clear_cache()
            models = [Order, Customer, Product]
            names = [ContentType.objects.get_for_model(model).model for model in models]
            return JsonResponse({"names": names})

        urlpatterns = [path("", types)]
        """
    )
    assert site.found() == []
    assert site.report.queries == 3


def test_generic_keys(site):
    site.write(
        """
        def comments(request):
            ContentType.objects.clear_cache()
            names = [comment.about.name for comment in Comment.objects.all()]
            return JsonResponse({"names": names})

        urlpatterns = [path("", comments)]
        """
    )
    assert site.found() == [
        Found(
            "shop.Comment.about",
            3,
            at="comment.about",
            path="about",
            fix='prefetch_related("about")',
            where="Comment.objects.all()",
        )
    ]
    assert site.mend() == []


def test_context_processor_of_users_and_messages_is_silent(site):
    site.write(
        """
        def page(request):
            return render(request, "page.html")

        urlpatterns = [path("", page)]
        """,
        files={
            "templates/page.html": """
                {{ user.username }}
                {% if perms.shop.change_order %}{% endif %}
                {% if perms.shop.delete_order %}{% endif %}
                {% for message in messages %}{{ message }}{% endfor %}
            """
        },
    )
    assert site.found(user="ada") == []


def test_loop_in_a_context_processor(site):
    site.write(
        """
        def page(request):
            return render(request, "page.html")

        urlpatterns = [path("", page)]
        """,
        files={
            "templates/page.html": "{{ names|join:', ' }}",
            "processors.py": """
                def extra(request):
                    return {"names": [order.customer.name for order in Order.objects.all()]}
            """,
        },
    )
    assert site.found() == [
        Found(
            "shop.Order.customer",
            5,
            at="order.customer",
            path="customer",
            fix='select_related("customer")',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_loop_in_a_middleware(site):
    site.write(
        """
        def page(request):
            return HttpResponse(", ".join(request.names))

        class Names:
            def __init__(self, get_response):
                self.get_response = get_response

            def __call__(self, request):
                orders = Order.objects.all()
                request.names = [order.customer.name for order in orders]
                return self.get_response(request)

        urlpatterns = [path("", page)]
        """,
        MIDDLEWARE=[*MIDDLEWARE, "SITE.urls.Names"],
    )
    assert site.found() == [
        Found(
            "shop.Order.customer",
            5,
            at="order.customer",
            path="customer",
            fix='select_related("customer")',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_what_a_middleware_and_the_view_ask_alike_is_a_duplicate(site):
    site.write(
        """
        def page(request):
            return HttpResponse(str([request.orders, Order.objects.count()]))

        class Counts:
            def __init__(self, get_response):
                self.get_response = get_response

            def __call__(self, request):
                request.orders = Order.objects.count()
                return self.get_response(request)

        urlpatterns = [path("", page)]
        """,
        MIDDLEWARE=[*MIDDLEWARE, "SITE.urls.Counts"],
    )
    (found,) = site.found()
    assert (found.kind, found.at) == ("duplicate", "Order.objects.count()")


def test_signal_at_the_end_of_a_request_is_no_part_of_it(site):
    site.write(
        """
        from django.core.signals import request_finished

        def page(request):
            return HttpResponse(str(Order.objects.count()))

        def count(**_):
            request_finished.disconnect(dispatch_uid="count")
            [Customer.objects.get(pk=order.customer_id) for order in Order.objects.all()]

        request_finished.connect(count, dispatch_uid="count", weak=False)
        urlpatterns = [path("", page)]
        """
    )
    assert site.found() == []
    assert site.report.queries == 1
