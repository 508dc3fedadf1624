"""See an N+1 named, and the same page without it; or serve the API to look on by hand.

    python demo.py            the demonstration
    python demo.py --serve    migrate, seed and serve on 127.0.0.1:8000

Starts the real server with the real middleware and asks it over HTTP, as a client would.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
VAR = HERE / "var"
PAGES = [
    ("The order list as it is first written", "/api/naive/orders/"),
    ("The same page from a tuned queryset", "/api/v1/orders/"),
]
SECONDS_TO_START = 30
#: What runserver says of each request it has answered.
ACCESS_LINE = re.compile(r'\[[^\]]+\] "GET /')


def environment() -> dict[str, str]:
    """The development settings and a database of the demonstration's own, whatever .env says."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "ENV_FILE": os.devnull,
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{VAR / 'demo.sqlite3'}",
        "NAIVE_API": "true",
        "DEBUG_TOOLBAR": os.environ.get("DEBUG_TOOLBAR") or "false",  # the guard alone talks
        "PYTHONUNBUFFERED": "1",
    }


def manage(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=HERE,
        env=environment(),
        check=True,
        start_new_session=True,  # Ctrl-C ends it through us, without a traceback of its own
    )


def token() -> str:
    """The token of the demonstration's user: the same each time, so that a command stays valid."""
    VAR.mkdir(exist_ok=True)
    file = VAR / "demo.token"
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_hex(20))
    return file.read_text()


def prepare(key: str) -> None:
    manage("migrate", "--verbosity", "0")
    manage("seed_orders", "--customers", "200", "--orders", "2000", "--token", key)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def get(port: int, path: str, key: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Token {key}"})
    response = connection.getresponse()
    response.read()
    return response


def wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit(f"The server did not come up on port {port}. It said:\n{log.read_text()}")


def demonstrate() -> None:
    key = token()
    prepare(key)
    port = free_port()
    # The server writes to a file; it is told of the terminal that its reports end up on.
    terminal = sys.stdout.isatty()
    columns = shutil.get_terminal_size((100, 24)).columns
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as sink:
            server = subprocess.Popen(
                [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
                cwd=HERE,
                env={
                    **environment(),
                    "FORCE_COLOR": "1" if terminal else "",
                    "GUARD_VERBOSITY": "2",  # the second request is shown in full too
                    "COLUMNS": str(columns),
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=sink,
                start_new_session=True,
            )
        try:
            wait(server, port, log)
            for heading, path in PAGES:
                get(port, path, key)  # the first request pays for imports
                before = log.stat().st_size
                response = get(port, path, key)
                if response.status != http.HTTPStatus.OK:
                    sys.exit(f"GET {path} answered {response.status}:\n{log.read_text()}")
                said = log.read_bytes()[before:].decode()
                report = [line for line in said.splitlines() if not ACCESS_LINE.search(line)]
                print(f"\n--- {heading}: GET {path}\n")
                print("\n".join(report).strip())
                print()
                for name in ("Server-Timing", "X-Guard-Queries", "X-Guard-Findings"):
                    print(f"{name}: {response.headers[name]}")
        finally:
            server.terminate()
            server.wait()
    print("\nGo on by hand: make serve")


def serve(port: int) -> None:
    if not is_free(port):
        sys.exit(f"Port {port} of 127.0.0.1 is in use; take another: make serve PORT={port + 1}")
    key = token()
    prepare(key)
    print(
        f"\nServing on http://127.0.0.1:{port}/; reports appear here, and in the browser at "
        f"http://127.0.0.1:{port}/__guard__/. Ctrl-C ends it. Try:\n\n"
        f"  curl -sD- -o /dev/null -H 'Authorization: Token {key}' "
        f"http://127.0.0.1:{port}/api/naive/orders/\n"
        f"  curl -sD- -o /dev/null -H 'Authorization: Token {key}' "
        f"http://127.0.0.1:{port}/api/v1/orders/\n",
        flush=True,
    )
    server = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", f"127.0.0.1:{port}"],
        cwd=HERE,
        env=environment(),
    )
    # Ctrl-C reaches the server too, which ends by itself; we only wait for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(server.wait())


def port_number(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"takes a whole number from 1 to 65535, not {text!r}")
    return number


def main() -> None:
    parser = argparse.ArgumentParser(description="Demonstrate or serve the orders API.")
    parser.add_argument("--serve", action="store_true", help="serve on 127.0.0.1")
    parser.add_argument("--port", type=port_number, default=8000, help="port to serve on (8000)")
    arguments = parser.parse_args()
    try:
        serve(arguments.port) if arguments.serve else demonstrate()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(error.cmd[1:])} failed; see above.")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
