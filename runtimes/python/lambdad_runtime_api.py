"""The client side of the Runtime API, on a plain socket: http.client costs several times the call itself."""

import re
import socket

PATH = "/2018-06-01/runtime"


class Invocation:
    __slots__ = ("id", "deadline_ms", "arn", "trace_id", "client_context", "cognito_identity", "tenant_id", "body")

    def __init__(self, headers, body):
        self.id = headers["lambda-runtime-aws-request-id"]
        self.deadline_ms = int(headers["lambda-runtime-deadline-ms"])
        self.arn = headers["lambda-runtime-invoked-function-arn"]
        self.trace_id = headers.get("lambda-runtime-trace-id")
        self.client_context = headers.get("lambda-runtime-client-context")
        self.cognito_identity = headers.get("lambda-runtime-cognito-identity")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self.body = body


class RuntimeApi:
    def __init__(self, address):
        host, port = address.split(":")
        self._host = address
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb")

    def next(self):
        headers, body = self._request("GET", "/invocation/next")
        return Invocation(headers, body)

    def response(self, request_id, body):
        self._request("POST", "/invocation/%s/response" % request_id, body)

    def error(self, request_id, payload, text):
        self._request("POST", "/invocation/%s/error" % request_id, text.encode("utf-8", "backslashreplace"), payload["errorType"])

    def init_error(self, payload, text):
        self._request("POST", "/init/error", text.encode("utf-8", "backslashreplace"), payload["errorType"])

    def _request(self, method, path, body=b"", error_type=None):
        head = "%s %s%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n" % (method, PATH, path, self._host, len(body))
        if body:
            head += "Content-Type: application/json\r\n"
        if error_type:
            head += "Lambda-Runtime-Function-Error-Type: %s\r\n" % re.sub("[^!-~]", "?", error_type)
        self._socket.sendall(head.encode("latin-1") + b"\r\n" + body)
        status = self._stream.readline()
        if not status:
            raise ConnectionError("the Runtime API has closed the connection")
        headers = {}
        while True:
            line = self._stream.readline()
            if line in (b"\r\n", b""):
                break
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        answer = self._stream.read(int(headers.get("content-length", 0)))
        return headers, answer
