"""The context object that a handler is given."""

import json
import logging
import os
import sys
import time

from lambdad_errors import RuntimeFault

_W3C = ("traceparent", "tracestate", "baggage")


class _Record(object):
    """AWS's plain objects: fixed attributes, and a repr that lists them."""

    __slots__ = ()

    def __init__(self, values=None):
        for name in self.__slots__:
            if values is not None:
                setattr(self, name, values.get(name))

    def __repr__(self):
        return "%s([%s])" % (type(self).__name__, ",".join("%s=%s" % (name, getattr(self, name)) for name in self.__slots__))


class ClientContext(_Record):
    __slots__ = ["custom", "env", "client"]


class Client(_Record):
    __slots__ = ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"]


class CognitoIdentity(_Record):
    __slots__ = ["cognito_identity_id", "cognito_identity_pool_id"]


def _parse(text, name):
    if not text:
        return None
    try:
        return json.loads(text)
    except Exception as error:
        raise RuntimeFault("Runtime.LambdaContextUnmarshalError", "Unable to parse %s JSON: %s" % (name, error))


def _client_context(given):
    if given is None:
        return None
    context = ClientContext(given)
    context.client = None if context.client is None else Client(context.client)
    return context


class LambdaContext(object):
    def __init__(self, invocation):
        client_context = _parse(invocation.client_context, "Client Context")
        identity = _parse(invocation.cognito_identity, "Cognito Identity")
        self.aws_request_id = invocation.id
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = invocation.arn
        self.tenant_id = invocation.tenant_id
        w3c = client_context.pop("w3c", None) if isinstance(client_context, dict) else None
        self._w3c = {name: w3c[name] for name in _W3C if isinstance(w3c.get(name), str)} if isinstance(w3c, dict) else {}
        self.client_context = _client_context(client_context)
        self.identity = CognitoIdentity({} if identity is None else {
            "cognito_identity_id": identity.get("cognitoIdentityId"),
            "cognito_identity_pool_id": identity.get("cognitoIdentityPoolId"),
        })
        self._deadline_ms = invocation.deadline_ms

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def w3c(self):
        """The W3C trace context that came with the client context."""
        return dict(self._w3c)

    def log(self, message):
        for handler in logging.getLogger().handlers:
            if hasattr(handler, "log_sink"):
                handler.log_sink.log(str(message))
                return
        sys.stdout.write(str(message))

    def __repr__(self):
        names = ("aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb", "function_version",
                 "invoked_function_arn", "client_context", "identity", "tenant_id")
        return "LambdaContext([%s])" % ",".join("%s=%s" % (name, getattr(self, name)) for name in names)
