"""The context object that a handler is given."""

import json
import logging
import os
import time


class _ClientContext:
    __slots__ = ("custom", "env", "client")


class _Client:
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class _Identity:
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


def _client_context(text):
    if not text:
        return None
    given = json.loads(text)
    context = _ClientContext()
    context.custom = given.get("custom")
    context.env = given.get("env")
    context.client = None
    if given.get("client") is not None:
        context.client = _Client()
        for name in _Client.__slots__:
            setattr(context.client, name, given["client"].get(name))
    return context


def _identity(text):
    identity = _Identity()
    given = json.loads(text) if text else {}
    identity.cognito_identity_id = given.get("cognitoIdentityId")
    identity.cognito_identity_pool_id = given.get("cognitoIdentityPoolId")
    return identity


class Context:
    def __init__(self, invocation):
        self.aws_request_id = invocation.id
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = invocation.arn
        self.tenant_id = invocation.tenant_id
        self.client_context = _client_context(invocation.client_context)
        self.identity = _identity(invocation.cognito_identity)
        self._deadline_ms = invocation.deadline_ms

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        for handler in logging.getLogger().handlers:
            write = getattr(handler, "log", None)
            if write is not None:
                write(str(message))
                return
        print(message)

    def __repr__(self):
        names = ("aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb", "function_version",
                 "invoked_function_arn", "client_context", "identity", "tenant_id")
        return "LambdaContext([%s])" % ",".join("%s=%s" % (name, getattr(self, name)) for name in names)
