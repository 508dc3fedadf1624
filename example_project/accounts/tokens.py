"""JSON web tokens: one for five minutes of requests, and one that is good for one refresh.

``manage.py flushexpiredtokens``, once a day, takes away the rows of tokens that have expired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import IntegrityError, transaction
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

if TYPE_CHECKING:
    from accounts.models import User


def issue(user: User) -> dict[str, str]:
    """A pair of tokens for a user who has shown a password or a refresh token."""
    refresh = RefreshToken.for_user(user)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def spend(refresh: str) -> User:
    """The user of a refresh token, which is of no use from then on.

    simplejwt's own view loads the user three times, fails on one who is gone, and lets two
    requests at a time both spend a token; here the second meets the first one's row.
    Raises ``InvalidToken`` or another ``AuthenticationFailed``.
    """
    try:
        token = RefreshToken(refresh)
    except TokenError as error:
        raise InvalidToken(str(error)) from None
    user = JWTAuthentication().get_user(token)
    try:
        with transaction.atomic():
            BlacklistedToken.objects.create(
                token=OutstandingToken.objects.only("pk").get(jti=token["jti"])
            )
    except (OutstandingToken.DoesNotExist, IntegrityError):
        raise InvalidToken from None
    return cast("User", user)
