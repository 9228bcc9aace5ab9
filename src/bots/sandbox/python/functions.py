"""The functions that come from the server's declarations: `User.saveData` is the host call "User.saveData"."""

import inspect
from types import MappingProxyType


class _Group:
    """The functions below one name. Nothing in it can be replaced: all runs of a bot share it."""

    __slots__ = ("_path", "_members")

    def __init__(self, path, members):
        object.__setattr__(self, "_path", path)
        object.__setattr__(self, "_members", MappingProxyType(members))

    def __getattr__(self, name):
        found = None if name.startswith("__") else self._members.get(name, self._members.get(canonical(name)))
        if found is None:
            found = self._members.get(name.lower())
        if found is None:
            raise AttributeError(f"{self._path} has no '{name}'")
        return found

    def __setattr__(self, name, _value):
        raise AttributeError(f"{self._path}.{name} cannot be set")

    def __dir__(self):
        return sorted(self._members)

    def __repr__(self):
        return f"<{self._path}>"


def _sent_files(value):
    """Files in memory as what the server takes for them; ids of files and parts of messages stay."""
    if isinstance(value, (list, tuple)):
        return [_sent_files(item) for item in value]
    file = _as_file(value)
    return value if file is None else file._sent()


def _parameter(about):
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    if "default" in about:
        return inspect.Parameter(about["name"], kind, default=about["default"])
    return inspect.Parameter(about["name"], kind)


def _function(about):
    """A function with the declared signature, whose errors read like Python's own."""
    name = about["name"]
    parameters = [_parameter(each) for each in about["parameters"]]
    if about["more"]:
        parameters.append(inspect.Parameter("more", inspect.Parameter.VAR_KEYWORD))
    signature = inspect.Signature(parameters)
    values = frozenset(each["name"] for each in about["parameters"] if each["kind"] == "value")
    files = frozenset(each["name"] for each in about["parameters"] if each["kind"] == "file")
    short = name.rpartition(".")[2]

    def function(*args, **kwargs):
        try:
            given = dict(signature.bind(*args, **kwargs).arguments)
        except TypeError as error:
            raise TypeError(f"{short}() {error}") from None
        given.update(given.pop("more", {}) if about["more"] else {})
        for key, item in given.items():
            if isinstance(item, datetime.datetime):
                given[key] = item.isoformat()
            elif isinstance(item, datetime.timedelta):
                given[key] = item.total_seconds()
        for key in files & given.keys():
            given[key] = _sent_files(given[key])
        for key in values & given.keys():
            given[key] = _value(given[key])
        return _received(host_call(name, (), given))

    function.__name__ = function.__qualname__ = short
    function.__doc__ = about["about"]
    function.__signature__ = signature
    return function


def _grow(tree, name, function):
    *path, last = name.split(".")
    for part in path:
        tree = tree.setdefault(part, {})
    tree[last] = function


def _closed(path, level):
    return {
        name: _Group(f"{path}{name}", _closed(f"{path}{name}.", item)) if isinstance(item, dict) else item
        for name, item in level.items()
    }


def _server_functions():
    """A tree of functions by the parts of their dotted names: {"handleNextCommand": f, "libs": {...}}."""
    tree = {}
    for about in HOST_CALLS:
        if about["internal"]:
            continue
        function = _function(about)
        for name in (about["name"], *about["aliases"]):
            _grow(tree, name, function)
    return tree
