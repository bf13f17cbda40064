"""JSON as AWS's runtime writes it. Its encoder is simplejson's: a Decimal is a number, bytes are text, a named tuple is an object."""

import decimal
import json

from lambdad_errors import RuntimeFault

_ASCII_ONLY = ["AWS_Lambda_python3.%d" % minor for minor in range(8, 12)]
_encode = json.JSONEncoder(ensure_ascii=False).encode
_RARE = (decimal.Decimal, bytes)


def set_up(environment):
    global _encode
    if environment.get("AWS_EXECUTION_ENV") in _ASCII_ONLY:
        _encode = json.JSONEncoder(ensure_ascii=True).encode


def _is_named_tuple(value):
    return isinstance(value, tuple) and callable(getattr(value, "_asdict", None))


def _is_plain(value):
    """Whether Python's own encoder, which is fast, writes the same."""
    seen = set()
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, _RARE) or _is_named_tuple(one):
            return False
        if isinstance(one, (dict, list, tuple)):
            if id(one) in seen:
                continue
            seen.add(id(one))
            if isinstance(one, dict):
                pending.extend(one.keys())
                pending.extend(one.values())
            else:
                pending.extend(one)
    return True


def _key(key):
    if isinstance(key, bytes):
        key = key.decode("utf-8")
    if isinstance(key, decimal.Decimal):
        return _encode(str(key))
    if key is None or isinstance(key, (str, int, float)):
        return _encode(key if isinstance(key, str) else _encode(key))
    raise TypeError("keys must be str, int, float, bool or None, not %s" % type(key).__name__)


def _write(value, above):
    if isinstance(value, bytes):
        return _encode(value.decode("utf-8"))
    if isinstance(value, decimal.Decimal):
        return "NaN" if value.is_nan() else str(value)
    if not isinstance(value, (dict, list, tuple)):
        return _encode(value)
    if id(value) in above:
        raise ValueError("Circular reference detected")
    above = above | {id(value)}
    if _is_named_tuple(value):
        value = value._asdict()
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (_key(key), _write(part, above)) for key, part in value.items())
    return "[%s]" % ", ".join(_write(part, above) for part in value)


def to_json(value):
    return _encode(value) if _is_plain(value) else _write(value, frozenset())


def marshal(result):
    """The response of a handler: JSON, or bytes as they are."""
    try:
        return result if isinstance(result, bytes) else to_json(result)
    except Exception as error:
        raise RuntimeFault("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def unmarshal(body):
    try:
        return json.loads(body)
    except Exception as error:
        raise RuntimeFault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)
