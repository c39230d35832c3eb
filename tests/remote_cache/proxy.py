"""Stands before a remote cache, counts what is asked of it, and fails or lies as it is told.

    python proxy.py HOST:PORT     the cache; the Python is the one of the cache's own lock

It prints its own address. Then it reads a mode from each line of its input, and prints, as JSON,
what it was asked since the line before: how often by method, and which actions it had no result
for.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
from buildgrid._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as reapi
from buildgrid._protos.google.bytestream import bytestream_pb2 as bytestream

_HONEST = "honest"
# Nobody listens; it takes calls and never answers; it stores nothing more.
_DOWN, _STALLED, _FULL = "down", "stalled", "full"
# It has results, and not what they name; other bytes under a digest; another action's result.
_FORGETFUL, _WRONG_BYTES, _OTHER_RESULT = "forgetful", "wrong-bytes", "other-result"
_POLL_SECONDS = 0.1
_WRITES = ("BatchUpdateBlobs", "Write", "UpdateActionResult")


@dataclass
class Proxy:
    upstream: grpc.Channel
    mode: str = _HONEST
    calls: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    last_result: bytes = b""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def unary(self, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        name = self._enter(method, context)
        if self.mode == _OTHER_RESULT and name == "GetActionResult":
            return self.last_result
        if self.mode == _HONEST and name == "UpdateActionResult":
            update = reapi.UpdateActionResultRequest.FromString(request)
            self.last_result = update.action_result.SerializeToString()
        try:
            answer: bytes = self.upstream.unary_unary(method)(request)
        except grpc.RpcError as error:
            if name == "GetActionResult" and error.code() is grpc.StatusCode.NOT_FOUND:
                asked = reapi.GetActionResultRequest.FromString(request)
                self.missed.append(asked.action_digest.hash)
            context.abort(error.code(), error.details())
        return self._blobs(answer) if name == "BatchReadBlobs" else answer

    def read(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        name = self._enter(method, context)
        if self.mode == _FORGETFUL and name == "Read":
            context.abort(grpc.StatusCode.NOT_FOUND, "forgotten")
        try:
            for answer in self.upstream.unary_stream(method)(request):
                if self.mode == _WRONG_BYTES and name == "Read":
                    data = bytestream.ReadResponse.FromString(answer).data
                    yield bytestream.ReadResponse(data=_other(data)).SerializeToString()
                else:
                    yield answer
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())

    def write(self, method: str, requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        self._enter(method, context)
        try:
            answer: bytes = self.upstream.stream_unary(method)(requests)
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())
        return answer

    def turn(self, mode: str) -> str:
        """Go over to another mode; what was asked in the one before."""
        with self.lock:
            said = json.dumps({"calls": self.calls, "missed": self.missed})
            self.calls, self.missed = Counter(), []
        self.mode = mode
        return said

    def _enter(self, method: str, context: grpc.ServicerContext) -> str:
        name = method.rpartition("/")[2]
        with self.lock:
            self.calls[name] += 1
        if self.mode == _STALLED:
            # Until whoever asks has enough, or this has.
            over = threading.Event()
            context.add_callback(over.set)
            while self.mode == _STALLED and not over.wait(_POLL_SECONDS):
                pass
            context.abort(grpc.StatusCode.CANCELLED, "stalled")
        if self.mode == _FULL and name in _WRITES:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "full")
        return name

    def _blobs(self, answer: bytes) -> bytes:
        if self.mode not in (_FORGETFUL, _WRONG_BYTES):
            return answer
        read = reapi.BatchReadBlobsResponse.FromString(answer)
        for each in read.responses:
            if self.mode == _WRONG_BYTES:
                each.data = _other(each.data)
            else:
                each.data = b""
                each.status.code = grpc.StatusCode.NOT_FOUND.value[0]
        return bytes(read.SerializeToString())


def _other(data: bytes) -> bytes:
    """As many bytes, and none of them the same."""
    return bytes(byte ^ 1 for byte in data)


class Methods(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Every method there is: bytes in, bytes out."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        method, name = details.method, details.method.rpartition("/")[2]

        def of(call: Callable[..., Any]) -> Callable[..., Any]:
            return lambda request, context: call(method, request, context)

        if name in ("Read", "GetTree"):
            return grpc.unary_stream_rpc_method_handler(of(self._proxy.read))
        if name == "Write":
            return grpc.stream_unary_rpc_method_handler(of(self._proxy.write))
        return grpc.unary_unary_rpc_method_handler(of(self._proxy.unary))


def serve(proxy: Proxy, port: int = 0) -> tuple[grpc.Server, int]:
    """On a free port, or again on the one from before."""
    server = grpc.server(
        ThreadPoolExecutor(64), [Methods(proxy)], options=[("grpc.max_receive_message_length", -1)]
    )
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, port


def main(upstream: str) -> None:
    proxy = Proxy(
        grpc.insecure_channel(upstream, options=[("grpc.max_receive_message_length", -1)])
    )
    server, port = serve(proxy)
    print(f"127.0.0.1:{port}", flush=True)
    for line in sys.stdin:
        if proxy.mode == _DOWN:
            server, _ = serve(proxy, port)
        said = proxy.turn(line.strip())
        if proxy.mode == _DOWN:
            server.stop(None).wait()
        print(said, flush=True)
    server.stop(None)


if __name__ == "__main__":
    main(sys.argv[1])
