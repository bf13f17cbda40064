"""Errors as AWS reports them."""

import json
import os
import traceback


class RuntimeFault(Exception):
    """Of the runtime's own: `type` and `message` are AWS's."""

    def __init__(self, type, message, trace=()):
        super().__init__(message)
        self.type = type
        self.message = message
        self.trace = list(trace)


def marshal(result):
    try:
        return json.dumps(result, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError, RecursionError) as error:
        raise RuntimeFault("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def describe(error, request_id, in_handler):
    """The payload of an error: `{errorMessage, errorType, requestId, stackTrace}`."""
    if isinstance(error, RuntimeFault):
        return {"errorMessage": error.message, "errorType": error.type, "requestId": request_id, "stackTrace": error.trace}
    frames = traceback.extract_tb(error.__traceback__)
    own = os.path.dirname(os.path.abspath(__file__))
    frames = [frame for frame in frames if not frame.filename.startswith(own)]
    if not in_handler:
        frames = [frame for frame in frames if "importlib" not in frame.filename or "<frozen" in frame.filename]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(frames),
    }
