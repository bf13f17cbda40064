"""The Python runtime client: loads the handler once, then asks the Runtime API for one invocation after the other."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import lambdad_errors as errors  # noqa: E402
import lambdad_logging as logs  # noqa: E402
from lambdad_context import Context  # noqa: E402
from lambdad_runtime_api import RuntimeApi  # noqa: E402


def main():
    import json
    from lambdad_handler import load_handler

    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    logs.set_up(os.environ)
    try:
        handler = load_handler(os.environ["_HANDLER"], os.environ["LAMBDA_TASK_ROOT"])
    except BaseException as error:
        payload = errors.describe(error, "", in_handler=False)
        logs.log_error(payload)
        api.init_error(payload)
        sys.exit(1)
    while True:
        invocation = api.next()
        context = Context(invocation)
        logs.current.request_id = context.aws_request_id
        if invocation.trace_id:
            os.environ["_X_AMZN_TRACE_ID"] = invocation.trace_id
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        try:
            result = handler(json.loads(invocation.body), context)
            body = errors.marshal(result)
        except Exception as error:
            payload = errors.describe(error, context.aws_request_id, in_handler=True)
            logs.log_error(payload)
            logs.flush()
            api.error(invocation.id, payload)
            continue
        except SystemExit:
            logs.flush()
            raise
        logs.flush()
        api.response(invocation.id, body)


if __name__ == "__main__":
    main()
