"""Errors as AWS reports them."""

import os
import traceback

_OWN = os.path.dirname(os.path.abspath(__file__))


class RuntimeFault(Exception):
    """Of the runtime's own: `type` and `message` are AWS's."""

    def __init__(self, type, message, trace=()):
        super().__init__(message)
        self.type = type
        self.message = message
        self.trace = list(trace)


def _payload(message, type, request_id, trace):
    return {"errorMessage": message, "errorType": type, "requestId": request_id, "stackTrace": trace}


def describe(error, request_id):
    """The payload of an error: `{errorMessage, errorType, requestId, stackTrace}`; the request id of INIT is empty."""
    if isinstance(error, RuntimeFault):
        return _payload(error.message, error.type, request_id, error.trace)
    frames = [(frame.filename, frame.lineno, frame.name, frame.line) for frame in traceback.extract_tb(error.__traceback__)]
    first = next((at for at, frame in enumerate(frames) if os.path.dirname(frame[0]) != _OWN), 0)
    return _payload(str(error), type(error).__name__, request_id, traceback.format_list(frames[first:]))
