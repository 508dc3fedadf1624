"""A server whose responses tell of queries, as the middleware's do; it prints its port."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        queries = {"/naive/": 152, "/tuned/": 4}.get(self.path)
        self.send_response(500 if self.path == "/broken/" else 200)
        if queries is not None:
            self.send_header("X-Guard-Queries", str(queries))
            db = queries / 10
            self.send_header(
                "Server-Timing", f'cdn;dur=1, db;dur={db};desc="{queries} queries", app;dur=5.0'
            )
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)
