"""Run under ``captured``: requests that fail, the second in a query; prints what was sent."""

import json

from django.core.management import call_command
from django.test import RequestFactory

from config.wsgi import application
from observability.tests.captured import sent

call_command("migrate", verbosity=0)
factory = RequestFactory(SERVER_NAME="shop.example.com")
names = []


def note(status, headers):
    names.append(dict(headers)["X-Request-ID"])


for path in ("/fault", "/null"):
    request = factory.get(
        path,
        {"email": "secret-of-the-query"},
        headers={"Authorization": "Basic secret-of-a-header", "Cookie": "sessionid=secret-cookie"},
        secure=True,
    )
    application(request.environ, note).close()
print(json.dumps({"names": names, "sent": sent}))
