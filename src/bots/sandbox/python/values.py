"""What commands get instead of bare dicts: one type that is both `message.text` and `message['text']`."""


# What a message can be made of, for `message.content_type`.
_CONTENT = """text animation audio document paid_media photo sticker story video video_note voice contact dice game poll venue
location invoice successful_payment new_chat_members left_chat_member new_chat_title pinned_message web_app_data""".split()


class Bunch(dict):
    """A dict whose keys are also attributes. A missing attribute is None, a missing key is a KeyError."""

    def __getattr__(self, name):
        if name in self:
            return self[name]
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "from_user":
            return self.get("from")
        if name == "id":
            return self.get("message_id")
        if name == "content_type":
            return next((kind for kind in _CONTENT if kind in self), None)
        return None

    def __setattr__(self, name, value):
        self[name] = value

    def __delattr__(self, name):
        if name not in self:
            raise AttributeError(name)
        del self[name]

    def __missing__(self, key):
        if key == "from_user" and "from" in self:
            return self["from"]
        raise KeyError(key)

    def copy(self):
        return type(self)(self)


class Options(Bunch):
    """What a command was handed by another. Unlike with messages, `hasattr(options, 'json')` tells what is in it."""

    def __getattr__(self, name):
        if name in self:
            return self[name]
        raise AttributeError(f"options has no '{name}'")


def revive(item):
    """Made for json.loads: objects become Bunch, and `{"$int": "..."}` a whole number of any size."""
    if len(item) == 1 and "$int" in item:
        try:
            return int(item["$int"])
        except (TypeError, ValueError):
            return Bunch(item)
    return Bunch(item)


def bunchify(value):
    if isinstance(value, dict):
        return revive({key: bunchify(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return [bunchify(item) for item in value]
    return value


class UserId(str):
    """The current user's id: text that also equals the number."""

    def __eq__(self, other):
        if isinstance(other, int) and not isinstance(other, bool):
            return str.__eq__(self, str(int(other)))
        return str.__eq__(self, other)

    def __ne__(self, other):
        return not self == other

    # The text's hash: the keys of stored JSON are text, and `users[u]` has to find them.
    __hash__ = str.__hash__

    def __int__(self):
        return int(str(self))

    def __index__(self):
        return int(str(self))


# Lines at which ReturnCommand was raised and which nothing has ended yet.
_returns = []


class _StopOnCall(type):
    def __call__(cls, *arguments):
        error = Exception.__new__(cls, *arguments)
        error.args = arguments
        _returns.append(runtime.current_line())
        raise error


class ReturnCommand(Exception, metaclass=_StopOnCall):
    """Ends the command: `raise ReturnCommand`, `raise ReturnCommand()` and `ReturnCommand()` all do."""


class HostError(Exception):
    """The server refused or failed a call; the text says why."""


class ApiTelegramException(HostError):
    """Telegram refused a method. `error_code`, `description` and `result_json` are what it answered."""

    def __init__(self, function_name, result_json):
        self.function_name = function_name
        self.result_json = result_json
        self.result = None
        self.error_code = result_json.get("error_code")
        self.description = result_json.get("description")
        super().__init__(
            f"A request to the Telegram API was unsuccessful. Error code: {self.error_code}. Description: {self.description}"
        )


_ERRORS = {
    error.__name__: error
    for error in (ValueError, TypeError, KeyError, IndexError, PermissionError, TimeoutError, LookupError, RuntimeError)
}
_ERRORS["ConnectionError"] = ConnectionError


def failure(name, body):
    """Makes the exception for a failed host call from what the server said about it."""
    kind = body.get("kind")
    if kind == "ApiTelegramException":
        return ApiTelegramException(body.get("function") or name, body)
    return _ERRORS.get(kind, HostError)(body.get("message") or f"{name} failed")


def host_call(name, args=(), kwargs=None):
    """Asks the server to do something and waits for it. Every effect of a command goes through here."""
    status, body = runtime.ask(b"c", runtime.encode({"name": name, "args": args, "kwargs": kwargs or {}}))
    answer = runtime._loads(body, object_hook=revive)
    if status != b"r":
        raise failure(name, answer)
    return _whole(answer)


def _whole(answer):
    """Values that commands keep come as their own text, which may be too large for one frame."""
    if isinstance(answer, dict) and len(answer) == 1:
        if "$text" in answer:
            return runtime._loads(answer["$text"], object_hook=Bunch)
        if "$json" in answer:
            return runtime._loads(_read_pieces(answer["$json"]), object_hook=Bunch)
    return answer


def _value(value):
    """A value to keep, as its text: numbers stay what they are, 1.0 as well as 2**100."""
    text = runtime._dumps(runtime.plain(value, True))
    return {"$text": text} if len(text) <= PIECE_BYTES else {"$json": _write_pieces(text.encode())}
