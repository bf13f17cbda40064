"""The Python runtime client: loads the handler once, then asks for one invocation after the other."""

import os
import sys

import lambdad_errors as errors
import lambdad_json
import lambdad_logging as logs
from lambdad_context import LambdaContext
from lambdad_handler import load_handler
from lambdad_json import marshal, to_json, unmarshal


def connect():
    """Over the channel where the platform gave one, which is none of the handler's business; else as any runtime does."""
    descriptor = os.environ.pop("_LAMBDAD_CHANNEL", None)
    if descriptor is None:
        from lambdad_runtime_api import RuntimeApi
        return RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    from lambdad_channel import Channel
    return Channel(int(descriptor))


def load(api):
    # An exit is no exception: it ends the process, which the platform reports.
    try:
        return load_handler(os.environ["_HANDLER"], os.environ["LAMBDA_TASK_ROOT"])
    except Exception as error:
        payload = errors.describe(error, "")
    logs.warn_of_init_error()
    logs.log_error(payload)
    api.init_error(payload, to_json(payload))
    sys.exit(1)


def serve_one(api, handler, invocation):
    try:
        context = LambdaContext(invocation)
        body = marshal(handler(unmarshal(invocation.body), context))
    except Exception as error:
        payload = errors.describe(error, invocation.id)
        logs.log_error(payload)
        api.error(invocation.id, payload, to_json(payload))
    else:
        # Half a character cannot be sent: that ends the process, as AWS's client ends.
        api.response(invocation.id, body if isinstance(body, bytes) else body.encode("utf-8"))


def main():
    api = connect()
    logs.set_up(os.environ)
    lambdad_json.set_up(os.environ)
    handler = load(api)
    while True:
        invocation = api.next()
        logs.current.request_id = invocation.id
        logs.current.tenant_id = invocation.tenant_id
        if invocation.trace_id:
            os.environ["_X_AMZN_TRACE_ID"] = invocation.trace_id
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        serve_one(api, handler, invocation)


if __name__ == "__main__":
    main()
