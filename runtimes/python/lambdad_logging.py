"""What a handler prints and logs, in AWS's text and JSON formats."""

import json
import logging
import re
import sys
import time
import traceback


class current:
    """Of the invocation that runs, or of the last one."""

    request_id = None
    tenant_id = None


_DATE = "%Y-%m-%dT%H:%M:%SZ"
_RESERVED = {
    "name", "msg", "args", "levelname", "levelno", "pathname", "filename", "module", "exc_info", "exc_text", "stack_info", "lineno", "funcName",
    "created", "msecs", "relativeCreated", "thread", "threadName", "processName", "process", "aws_request_id", "tenant_id",
}
_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. However, in rare cases, a Lambda runtime update "
    "can cause unexpected function behavior. For functions using managed runtimes, runtime updates can be triggered by a function change, or can be "
    "applied automatically. To determine if the runtime has been updated, check the runtime version in the INIT_START log entry. If this error "
    "correlates with a change in the runtime version, you may be able to mitigate this error by temporarily rolling back to the previous runtime "
    "version. For more information, see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html\r"
)
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode
_is_json = False


class _Unbuffered:
    """Every write reaches the log at once."""

    def __init__(self, stream):
        self.stream = stream

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def write(self, text):
        self.stream.write(text)
        self.stream.flush()

    def writelines(self, lines):
        self.stream.writelines(lines)
        self.stream.flush()


class _Sink:
    """A frame: it begins with RS, and its own line breaks are escaped, so that a message of several lines is one log event."""

    _escapes = {"\n": "\x1fn", "\x1e": "\x1f0", "\x1f": "\x1f1"}
    _special = re.compile("[\n\x1e\x1f]")

    def log(self, message):
        text = message[:-1] if message.endswith("\n") else message
        sys.__stdout__.write("\x1e%s\n" % self._special.sub(lambda match: self._escapes[match.group()], text))
        sys.__stdout__.flush()


_sink = _Sink()


class _Handler(logging.Handler):
    log_sink = _sink

    def emit(self, record):
        self.log_sink.log(self.format(record))


class _RequestId(logging.Filter):
    def filter(self, record):
        record.aws_request_id = current.request_id or ""
        record.tenant_id = current.tenant_id
        return True


class _Json(logging.Formatter):
    def __init__(self):
        super().__init__(datefmt=_DATE)

    def format(self, record):
        record.levelno = min(50, max(0, record.levelno)) // 10 * 10
        record.levelname = logging.getLevelName(record.levelno)
        kind, error, trace = record.exc_info or (None, None, None)
        entry = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "message": record.msg if isinstance(record.msg, dict) and not record.args else record.getMessage(),
            "logger": record.name,
            "stackTrace": traceback.format_tb(trace) if kind else None,
            "errorType": kind.__name__ if kind else None,
            "errorMessage": str(error) if kind else None,
            "requestId": record.aws_request_id,
            "location": "%s:%s:%s" % (record.pathname, record.funcName, record.lineno) if kind else None,
            "tenantId": record.tenant_id,
        }
        entry.update((name, value) for name, value in vars(record).items() if name not in _RESERVED and name not in entry)
        return _encode({name: value for name, value in entry.items() if value is not None})


def set_up(environment):
    global _is_json
    # What cannot be UTF-8 is the handler's error, as on AWS.
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stdout, sys.stderr = _Unbuffered(sys.stdout), _Unbuffered(sys.stderr)
    _is_json = (environment.get("AWS_LAMBDA_LOG_FORMAT") or "").upper() == "JSON"
    logging.Formatter.converter = time.gmtime
    handler = _Handler()
    handler.setFormatter(_Json() if _is_json else logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n", "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(_RequestId())
    logger = logging.getLogger()
    logger.addHandler(handler)
    level = (environment.get("AWS_LAMBDA_LOG_LEVEL") or "").upper()
    level = "DEBUG" if level == "TRACE" else level
    if isinstance(logging.getLevelName(level), int):
        logger.setLevel(level)


def warn_of_init_error():
    logging.warning(_WARNING)


def log_error(payload):
    if _is_json:
        _sink.log(_encode(dict({"timestamp": time.strftime(_DATE, time.gmtime()), "level": "ERROR"}, **payload)))
        return
    kind, message = payload["errorType"], payload["errorMessage"]
    lines = [" ".join(["[ERROR]", *([kind + ":" if message else kind] if kind else []), *([message] if message else [])]), "Traceback (most recent call last):"]
    for frame in payload["stackTrace"]:
        for line in frame.splitlines() or [""]:
            stripped = line.lstrip(" ")
            lines.append("\u00a0" * (len(line) - len(stripped)) + stripped)
    _sink.log("\n".join(lines))
