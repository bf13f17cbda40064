"""The client side of the channel: one write carries an answer and the request for the next invocation, another one brings that."""

import os
import re

import lambdad_frames as frames

_HEAD = frames.HEAD_BYTES + frames.LENGTH_BYTES
_NEXT = frames.head(frames.NEXT, 0)


class Invocation:
    __slots__ = ("id", "deadline_ms", "arn", "trace_id", "client_context", "cognito_identity", "tenant_id", "body")

    def __init__(self, fields, body):
        self.id, deadline_ms, self.arn, self.trace_id, self.client_context, self.cognito_identity, tenant_id = fields.split("\n")
        self.deadline_ms = int(deadline_ms)
        self.tenant_id = tenant_id or None
        self.body = body


def _error(kind, payload, text):
    type = re.sub("[^!-~]", "?", payload["errorType"] or "").encode("ascii")
    body = text.encode("utf-8", "backslashreplace")
    return [frames.head(kind, frames.LENGTH_BYTES + len(type) + len(body)), len(type).to_bytes(frames.LENGTH_BYTES, "big"), type, body]


class Channel:
    def __init__(self, descriptor):
        # What a handler starts is not to have it.
        os.set_inheritable(descriptor, False)
        self._descriptor = descriptor
        self._view = memoryview(bytearray(frames.READ_BYTES))
        self._answer = []

    def next(self):
        answer, self._answer = self._answer, []
        answer.append(_NEXT)
        frames.write(self._descriptor, answer)
        return self._read()

    # Sent with the request for the next invocation, which is all that comes in between.
    def response(self, request_id, body):
        self._answer = [frames.head(frames.RESPONSE, len(body)), body]

    def error(self, request_id, payload, text):
        self._answer = _error(frames.ERROR, payload, text)

    def init_error(self, payload, text):
        frames.write(self._descriptor, _error(frames.INIT_ERROR, payload, text))

    def _read(self):
        view = self._view
        filled = frames.fill(self._descriptor, view, 0, _HEAD)
        total = frames.HEAD_BYTES + frames.length(view)
        start = _HEAD + frames.length(view, frames.HEAD_BYTES)
        if filled < start:
            # Its fields alone may be longer than the buffer.
            if start > len(view):
                larger = memoryview(bytearray(start))
                larger[:filled] = view[:filled]
                view = larger
            filled = frames.fill(self._descriptor, view, filled, start)
        fields = str(view[_HEAD:start], "latin-1")
        if filled == total:
            return Invocation(fields, bytes(view[start:total]))
        body = bytearray(total - start)
        body[:filled - start] = view[start:filled]
        frames.fill(self._descriptor, memoryview(body), filled - start, total - start)
        return Invocation(fields, body)
