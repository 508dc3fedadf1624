"""Run in the server's environment: tables, rows, and a user with a token for each customer asked.

python prepare.py USERS.  Prints the tokens as JSON.
"""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.core.management import call_command
from rest_framework.authtoken.models import Token

from accounts.models import Customer, User


def main(count: int) -> None:
    call_command("migrate", verbosity=0)
    call_command("seed_orders", customers=200, orders=2_000, verbosity=0, stdout=sys.stderr)
    tokens = []
    for customer in Customer.objects.order_by("pk")[:count]:
        user = User.objects.create(username=f"user{customer.pk}")
        customer.user = user
        customer.save(update_fields=["user"])
        tokens.append(Token.objects.create(user=user).key)
    print(json.dumps(tokens))


main(int(sys.argv[1]))
