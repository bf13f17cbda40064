#!/usr/bin/env -S python3 -I -S
"""A runtime that answers each event with itself, over the Runtime API as it is: one kept-alive connection, one request after the other."""
import os, re, socket

HOST = os.environ["AWS_LAMBDA_RUNTIME_API"]
NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n" % HOST.encode()
ANSWER = b"POST /2018-06-01/runtime/invocation/%%s/response HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %%d\r\n\r\n%%s" % HOST.encode()
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
ID = re.compile(rb"\r\nlambda-runtime-aws-request-id: *([0-9a-f-]+)", re.I)

host, port = HOST.split(":")
connection = socket.create_connection((host, int(port)))
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def call(request):
    connection.sendall(request)
    received = b""
    while True:
        received += connection.recv(65536) or exit(1)
        end = received.find(b"\r\n\r\n") + 4
        if end < 4:
            continue
        length = int(LENGTH.search(received, 0, end)[1])
        if len(received) >= end + length:
            return received[:end], received[end : end + length]


while True:
    head, event = call(NEXT)
    call(ANSWER % (ID.search(head)[1], len(event), event))
