"""What a handler prints and logs, in AWS's text and JSON formats. A message of several lines is one event: `\\r` stands for its breaks."""

import json
import logging
import sys
import time
import traceback


class current:
    """Of the invocation that runs."""

    request_id = None


_LEVELS = {"TRACE": logging.NOTSET, "DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARN": logging.WARNING, "ERROR": logging.ERROR, "FATAL": logging.CRITICAL}
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "aws_request_id"}
_is_json = False


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def _write(text):
    sys.stdout.write(text.rstrip("\n").replace("\n", "\r") + "\n")
    sys.stdout.flush()


class _Handler(logging.Handler):
    def emit(self, record):
        try:
            _write(self.format(record))
        except Exception:
            self.handleError(record)

    def log(self, message):
        _write(message)


class _RequestId(logging.Filter):
    def filter(self, record):
        record.aws_request_id = current.request_id
        return True


class _Text(logging.Formatter):
    converter = time.gmtime

    def __init__(self):
        super().__init__("[%(levelname)s]\t%(asctime)s.%(msecs)dZ\t%(aws_request_id)s\t%(message)s\n", "%Y-%m-%dT%H:%M:%S")


class _Json(logging.Formatter):
    def format(self, record):
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry = {"timestamp": moment + "Z", "level": record.levelname, "message": record.getMessage(), "logger": record.name}
        if record.exc_info:
            kind, error, trace = record.exc_info
            entry.update(errorType=kind.__name__, errorMessage=str(error), stackTrace=traceback.format_tb(trace),
                         location="%s:%s:%s" % (record.pathname, record.funcName, record.lineno))
        for name, value in vars(record).items():
            if name not in _STANDARD and not name.startswith("_"):
                entry[name] = value
        if current.request_id:
            entry["requestId"] = current.request_id
        return json.dumps(entry, default=str, ensure_ascii=False)


def set_up(environment):
    global _is_json
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    _is_json = environment.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
    handler = _Handler()
    handler.setFormatter(_Json() if _is_json else _Text())
    handler.addFilter(_RequestId())
    logger = logging.getLogger()
    logger.addHandler(handler)
    level = environment.get("AWS_LAMBDA_LOG_LEVEL")
    if level in _LEVELS:
        logger.setLevel(_LEVELS[level])


def log_error(payload):
    if _is_json:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        entry = {"timestamp": moment, "log_level": "ERROR", "errorMessage": payload["errorMessage"], "errorType": payload["errorType"],
                 "requestId": payload["requestId"], "stackTrace": payload["stackTrace"]}
        _write(json.dumps(entry, ensure_ascii=False))
        return
    lines = ["[ERROR] %s: %s" % (payload["errorType"], payload["errorMessage"])]
    if payload["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        for frame in payload["stackTrace"]:
            for line in frame.rstrip("\n").split("\n"):
                stripped = line.lstrip(" ")
                lines.append("\u00a0" * (len(line) - len(stripped)) + stripped)
    _write("\n".join(lines))
