"""A real HTTP server on this machine that can do wrong what servers do wrong."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<html>please log in</html>"


@dataclass
class Behaviour:
    """What the server holds and does; changed by tests between requests."""

    content: bytes
    etag: str | None = '"first"'
    knows_ranges: bool = True
    tells_length: bool = True
    length_too_long_by: int = 0
    break_after: list[int] = field(default_factory=list)
    """Bytes after which each of the next answers breaks off."""
    statuses: list[int] = field(default_factory=list)
    """Of the next answers; then 200."""
    ranges_asked: list[str | None] = field(default_factory=list)
    """The Range header of each request so far."""


@contextmanager
def serve(behaviour: Behaviour) -> Iterator[str]:
    """Serve until the block ends; the address, below which ``/moved`` redirects to ``/file``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/moved":
                self._answer(302, b"", {"Location": "/file"})
                return
            behaviour.ranges_asked.append(self.headers.get("Range"))
            status = behaviour.statuses.pop(0) if behaviour.statuses else 200
            if status != 200:
                self._answer(status, PAGE, {})
                return
            self._send_file()

        def _send_file(self) -> None:
            content, headers = behaviour.content, {}
            if behaviour.etag:
                headers["ETag"] = behaviour.etag
            found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            fresh = self.headers.get("If-Range") in (None, behaviour.etag)
            if not (found and behaviour.knows_ranges and fresh):
                self._answer(200, content, headers)
                return
            start = int(found[1])
            if start >= len(content):
                self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
                return
            last = len(content) - 1
            headers["Content-Range"] = f"bytes {start}-{last}/{len(content)}"
            self._answer(206, content[start:], headers)

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            is_file = status in (200, 206)
            if behaviour.tells_length or not is_file:
                extra = behaviour.length_too_long_by if is_file else 0
                self.send_header("Content-Length", str(len(body) + extra))
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            stops = is_file and bool(behaviour.break_after)
            self.wfile.write(body[: behaviour.break_after.pop(0)] if stops else body)
            if stops or behaviour.length_too_long_by:
                self.wfile.flush()
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
