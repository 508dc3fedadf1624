"""A server whose responses tell of queries, as the middleware's do; it prints its port."""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    slow = 0

    def do_GET(self):
        body = b"{}"
        if self.path == "/slow/":
            time.sleep(1.2)
            Handler.slow += 1
        elif self.path == "/slow/count/":
            body = str(Handler.slow).encode()
        queries = {"/naive/": 152, "/tuned/": 4}.get(self.path)
        self.send_response(500 if self.path == "/broken/" else 200)
        if queries is not None:
            self.send_header("X-Guard-Queries", str(queries))
            db = queries / 10
            self.send_header(
                "Server-Timing", f'cdn;dur=1, db;dur={db};desc="{queries} queries", app;dur=5.0'
            )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)
