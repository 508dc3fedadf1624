"""Asks ``/healthz`` of the server in this container: ``python -m observability.probe``.

Exit code 0 where it lives.  Names the first of ``ALLOWED_HOSTS``, as a load balancer does.
"""

from __future__ import annotations

import http.client
import os
import sys


def main() -> int:
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), 2)
    try:
        connection.request("GET", "/healthz", headers={"Host": host.lstrip(".*")})
        return int(connection.getresponse().status != http.HTTPStatus.OK)
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
