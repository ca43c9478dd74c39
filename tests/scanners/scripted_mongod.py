"""A server that speaks MongoDB's wire protocol and answers what a test tells it to: for answers no emulator gives."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bson

Command = dict[str, Any]
#: From a command to its answer; None hangs up.
Script = Callable[[Command], Command | None]

_HELLO = {
    "ok": 1,
    # A router: it is told which of its servers to ask.
    "msg": "isdbgrid",
    "ismaster": True,
    "isWritablePrimary": True,
    "helloOk": True,
    "maxBsonObjectSize": 16 * 2**20,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
    "minWireVersion": 0,
    "maxWireVersion": 21,
}


def refusal(code: int) -> Command:
    """An error whose message holds what a message must not lead to: somebody's data."""
    return {"ok": 0, "code": code, "codeName": "x", "errmsg": "refused jane.doe@example.org"}


def cursor(documents: list[Any], namespace: str = "d.c") -> Command:
    """An answer with all documents in its first batch."""
    return {"ok": 1, "cursor": {"id": 0, "ns": namespace, "firstBatch": documents}}


@contextmanager
def scripted_mongod(script: Script) -> Iterator[tuple[str, list[Command]]]:
    """The address, and the commands that came, handshakes left out."""
    commands: list[Command] = []

    class Talk(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while head := self._exactly(16):
                length, request, _, code = struct.unpack("<iiii", head)
                body = self._exactly(length - 16)
                if code == 2004:  # OP_QUERY: the very first handshake
                    document = bson.encode(_HELLO)
                    self._send(request, 1, struct.pack("<iqii", 8, 0, 0, 1) + document)
                    continue
                command: Command = bson.decode(body[5:])
                if next(iter(command)) in ("hello", "ismaster"):
                    answer: Command | None = _HELLO
                elif next(iter(command)) == "endSessions":
                    answer = {"ok": 1}
                else:
                    commands.append(command)
                    answer = script(command)
                if answer is None:
                    return
                encoded = answer["raw"] if "raw" in answer else bson.encode(answer)
                self._send(request, 2013, struct.pack("<iB", 0, 0) + encoded)

        def _exactly(self, length: int) -> bytes:
            found = b""
            while len(found) < length:
                piece = self.request.recv(length - len(found))
                if not piece:
                    return b""
                found += piece
            return found

        def _send(self, request: int, code: int, body: bytes) -> None:
            self.request.sendall(struct.pack("<iiii", 16 + len(body), 1, request, code) + body)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Talk) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"mongodb://127.0.0.1:{server.server_address[1]}", commands
        finally:
            server.shutdown()
            thread.join()
