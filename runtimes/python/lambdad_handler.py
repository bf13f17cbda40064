"""From `Handler: folder/app.handler` to a function."""

import importlib
import os
import sys

from lambdad_errors import RuntimeFault


def _prepare_path(task_root):
    """AWS's order: the function's code, its layers, the runtime with the SDK, then Python itself."""
    opt = os.environ.pop("_LAMBDAD_OPT", "/opt")
    layers = ["%s/python/lib/python%d.%d/site-packages" % (opt, *sys.version_info[:2]), "%s/python" % opt]
    first = [task_root, *layers]
    sys.path[:] = first + [place for place in sys.path if place not in first]


def load_handler(name, task_root):
    """Imports the module once. Raises RuntimeFault with AWS's type and text, or what the module itself raised."""
    _prepare_path(task_root)
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise RuntimeFault("Runtime.MalformedHandlerName", "Bad handler '%s': %s" % (name, error))
    try:
        if module_name.split(".")[0] in sys.builtin_module_names:
            raise RuntimeFault("Runtime.BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise RuntimeFault("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error))
    except SyntaxError as error:
        place = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)
        raise RuntimeFault("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), [place])
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise RuntimeFault("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))
