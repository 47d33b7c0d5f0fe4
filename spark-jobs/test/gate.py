"""A way to a server on which connections wait: whoever has come to it is known to be waiting."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from urllib.parse import urlsplit


@dataclass
class Gate:
    """`url` leads to the server, once `opened` is set; `reached` is set when somebody has come."""

    url: str
    reached: Event = field(default_factory=Event)
    opened: Event = field(default_factory=Event)


@contextmanager
def gate_before(url: str) -> Iterator[Gate]:
    """A closed gate before a server on this machine."""
    parts = urlsplit(url)
    server_address = (parts.hostname or "", parts.port or 80)

    class Way(BaseRequestHandler):
        def handle(self) -> None:
            gate.reached.set()
            gate.opened.wait()
            with socket.create_connection(server_address) as server:
                Thread(target=_copy, args=(self.request, server), daemon=True).start()
                _copy(server, self.request)

    with ThreadingTCPServer(("127.0.0.1", 0), Way) as listener:
        listener.daemon_threads = True
        listener.block_on_close = False
        gate = Gate(f"http://127.0.0.1:{listener.server_address[1]}{parts.path}")
        Thread(target=listener.serve_forever, daemon=True).start()
        try:
            yield gate
        finally:
            gate.opened.set()
            listener.shutdown()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Up to the end of either side; a client that was killed is one."""
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
