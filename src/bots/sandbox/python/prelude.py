"""What a command finds when it starts. Executed anew for every run, so nothing a run changes here outlives it."""


class _Group:
    """The functions of the server below one name: `User.saveData` is the host call "User.saveData"."""

    def __init__(self, path, members):
        object.__setattr__(self, "_path", path)
        object.__setattr__(self, "_members", members)

    def __getattr__(self, name):
        found = None if name.startswith("__") else self._members.get(name, self._members.get(canonical(name)))
        if found is None:
            raise AttributeError(f"{self._path} has no '{name}'")
        return found


def _function(name):
    def function(*args, **kwargs):
        return host_call(name, args, kwargs)

    function.__name__ = function.__qualname__ = name.rpartition(".")[2]
    return function


def _grouped(names):
    """Makes functions and groups from dotted names: {"handleNextCommand": f, "libs": group, ...}."""
    tree = {}
    for name in names:
        *path, last = name.split(".")
        level = tree
        for part in path:
            level = level.setdefault(part, {})
        level[last] = _function(name)
    return _closed("", tree)


def _closed(path, level):
    return {
        name: _Group(f"{path}{name}", _closed(f"{path}{name}.", item)) if isinstance(item, dict) else item
        for name, item in level.items()
    }


class _Bot:
    """`bot` and `Bot`: the server's own functions, then what is known about the bot, then the Bot API."""

    def __init__(self, api, functions, known):
        object.__setattr__(self, "_api", api)
        object.__setattr__(self, "_functions", functions)
        object.__setattr__(self, "_known", known)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        found = self._functions.get(name) or self._functions.get(canonical(name))
        if found is not None:
            return found
        if name in self._known:
            return self._known[name]

        def method(*args, **kwargs):
            return self._api.call(name, args, kwargs)

        method.__name__ = method.__qualname__ = name
        return method

    def reply_to(self, message, text, **kwargs):
        if message is None:
            raise ValueError("reply_to() needs a message, and this run has none: use bot.sendMessage(text, chat_id=...)")
        kwargs.setdefault("chat_id", message["chat"]["id"])
        kwargs.setdefault("reply_parameters", {"message_id": message["message_id"]})
        return self._api.call("sendMessage", (), {"text": text, **kwargs})

    replyTo = reply_to


def isNumeric(value):
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


def bf_json(value):
    """JSON text becomes an object, an object JSON text."""
    return json.loads(value, object_hook=revive) if isinstance(value, (str, bytes)) else json.dumps(value)


def md5(text):
    return hashlib.md5(text.encode() if isinstance(text, str) else text).hexdigest()


def _encode_uri_component(text):
    return urllib.parse.quote(str(text), safe="!'()*~-._")


def _import(name, globals=None, locals=None, fromlist=(), level=0):
    if level != 0:
        raise ImportError("commands have no package to import from: use a plain import")
    if name not in ALLOWED and name not in HELPERS:
        raise ImportError(f"the module '{name}' is not available in commands; available are: {', '.join(sorted(ALLOWED))}",
                          name=name)
    return _real_import(name, globals, locals, fromlist, level)


def _absent(name, instead):
    def absent(*_args, **_kwargs):
        raise NameError(f"{name}() is not available in commands: {instead}")

    return absent


_ABSENT = {
    "open": "they have no files; keep values with saveData", "input": "ask with handleNextCommand",
    "eval": "write the expression itself, or use json.loads for data", "exec": "write the code itself",
    "compile": "write the code itself", "breakpoint": "use print", "globals": "name the variable itself",
    "locals": "name the variable itself", "help": "see the documentation",
}


def _builtins():
    names = dict(builtins.__dict__)
    names["__import__"] = _import
    names.update({name: _absent(name, instead) for name, instead in _ABSENT.items()})
    return names


def _known_names():
    names = {module.__name__.rpartition(".")[2]: module for module in _MODULES}
    for item in (Bunch, ReturnCommand, ApiTelegramException, HostError, bunchify, isNumeric, bf_json, md5,
                 InlineKeyboardMarkup, InlineKeyboardButton, ReplyKeyboardMarkup, KeyboardButton, ReplyKeyboardRemove,
                 ForceReply):
        names[item.__name__] = item
    for name in _PLAIN:
        names[name] = _plain_type(name)
    return names


def namespace_of(request):
    """The globals of the command, made from what the server sent."""
    given = bunchify(request["globals"])
    user = given.get("u", given.get("user"))
    if user is not None:
        given["u"] = given["user"] = UserId(user)
    for name in ("message", "call", "msg", "params", "options", "u", "user", "chat", "chat_id", "user_id"):
        given.setdefault(name, None)
    message = given["message"]
    chat = given["chat_id"]
    if chat is None and isinstance(message, dict) and message.chat is not None:
        chat = message["chat"]["id"]
    if chat is None and user is not None:
        chat = int(given["u"]) if given["u"].lstrip("-").isdigit() else user
    now = {"chat_id": chat, "message": message, "call": given["call"]}

    functions = _grouped(request["hostCalls"])
    known = given.pop("bot", None)
    own = functions.pop("Bot", None)
    own = object.__getattribute__(own, "_members") if own is not None else {}
    given.pop("Bot", None)
    bot = _Bot(_Api(now), own, known if isinstance(known, dict) else {})
    functions.pop("telegram", None)
    return {
        "__name__": "__main__", "__builtins__": _builtins(), **_known_names(), "types": _Types(), "regex": re,
        "returnCommand": ReturnCommand, "returncommand": ReturnCommand, "encodejson": json.dumps,
        "jsondumps": json.dumps, "parse_qs": urllib.parse.parse_qs, "rawurlencode": _encode_uri_component,
        "encodeURIComponent": _encode_uri_component, "decodeURIComponent": urllib.parse.unquote,
        **functions, **given, "bot": bot, "Bot": bot,
    }
