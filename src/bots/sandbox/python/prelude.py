"""What a command finds when it starts. All that can be is made once, for the memory image; a run adds what it is about."""

# What the run is about: message, call, chat, user, globals, preamble. Filled by `_begin`.
_now = {}


def canonical(name):
    """send_message and sendMessage are the same method."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


class _Bot:
    """`bot` and `Bot`: the server's own functions, then what is known about the bot, then the Bot API."""

    __slots__ = ("_api", "_known")

    def __init__(self, known):
        object.__setattr__(self, "_api", _Api(_now))
        object.__setattr__(self, "_known", known)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        found = _BOT_FUNCTIONS.get(name) or _BOT_FUNCTIONS.get(canonical(name))
        if found is not None:
            return found
        if name in self._known:
            return self._known[name]
        if name in ("token", "bot_token"):
            raise PermissionError("commands of this bot may not see its token: the owner can allow it in the settings")

        def method(*args, **kwargs):
            return self._api.call(name, args, kwargs)

        method.__name__ = method.__qualname__ = name
        return method

    def __setattr__(self, name, _value):
        raise AttributeError(f"bot.{name} cannot be set: keep values in variables, or with Bot.saveData")

    def reply_to(self, message, text, **kwargs):
        if message is None:
            raise ValueError("reply_to() needs a message, and this run has none: use bot.sendMessage(text, chat_id=...)")
        kwargs.setdefault("chat_id", message["chat"]["id"])
        kwargs.setdefault("reply_parameters", {"message_id": message["message_id"]})
        return self._api.call("sendMessage", (), {"text": text, **kwargs})

    replyTo = reply_to


def _run_command(command, options=None, *more):
    """Runs another command at once, within this one; this one goes on afterwards."""
    if isinstance(options, str) and str(command) == str(_now["globals"].get("bot_id")):
        # Also written with the bot's id in front.
        command, options = options, more[0] if more else None
    found = host_call("Bot.runCommand", [str(command)])
    more_globals = {"command": found["command"], "options": _options(options)}
    if found["params"] is not None:
        more_globals["params"] = found["params"]
    try:
        _execute_in(_namespace(more_globals), found["command"], found["code"])
    except ReturnCommand:
        _returns.clear()
    finally:
        host_call("Bot.commandEnded")
    return Bunch(ok=True, command=found["command"])


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


def _gen_id(length=16):
    """Text of letters and digits that nobody guesses."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(int(length)))


def _known_names():
    """The names that are the same in every run."""
    names = {module.__name__.rpartition(".")[2]: module for module in _MODULES}
    for item in (Bunch, ReturnCommand, ApiTelegramException, HostError, HTTPError, bunchify, isNumeric, bf_json, md5, File,
                 InlineKeyboardMarkup, InlineKeyboardButton, ReplyKeyboardMarkup, KeyboardButton, ReplyKeyboardRemove,
                 ForceReply, MembershipCheck, CSVHandler):
        names[item.__name__] = item
    for name in _PLAIN:
        names[name] = _plain_type(name)
    for name, instead in _GLOBALS_NOT_OFFERED.items():
        names[name] = _NotOffered(name, instead)
    return {
        **names, "__name__": "__main__", "types": _Types(), "regex": re, "returnCommand": ReturnCommand,
        "returncommand": ReturnCommand, "encodejson": json.dumps, "jsondumps": json.dumps, "HTTP": _Client(),
        "parse_qs": urllib.parse.parse_qs, "rawurlencode": _encode_uri_component,
        "encodeURIComponent": _encode_uri_component, "decodeURIComponent": urllib.parse.unquote,
    }


def _merged(tree, ours):
    for name, item in ours.items():
        if isinstance(item, dict) and isinstance(tree.get(name), dict):
            _merged(tree[name], item)
        else:
            tree[name] = item
    return tree


_BOT_NOT_OFFERED = {
    "Transfer": "hand a bot over in its settings, or with POST /v2/bots/{botid}/transfer-bot",
}
_ACCOUNT_NOT_OFFERED = {
    **dict.fromkeys(("transferPoints", "TransferData", "transfer_bot"),
                    "there are no points, and bots are handed over by their owner"),
    **dict.fromkeys(("revoke_api", "revokeApi"), "keys of the account are managed by its owner, never by a bot"),
    **dict.fromkeys(("clone_bot", "export_bot", "import_bot", "import_commands", "get_deleted_bots", "restore_bot"),
                    "use the API of the server, with a key of the account"),
}
_PYTHON_FUNCTIONS = {
    "Bot": {
        **{name: _NotOffered(f"Bot.{name}", why) for name, why in _BOT_NOT_OFFERED.items()},
        "runCommand": _run_command, "genId": _gen_id, "genRandomId": _gen_id, "gen_random_id": _gen_id,
        "genRandomErrorId": lambda: "err_" + _gen_id(12),
    },
    "runCommand": _run_command, "Api": {}, "User": {},
    "Account": {name: _NotOffered(f"Account.{name}", why) for name, why in _ACCOUNT_NOT_OFFERED.items()},
}


def _functions():
    tree = _merged(_server_functions(), {**_PYTHON_FUNCTIONS, "libs": _library_tree()})
    for name in ("handleNextCommand", "runCommandAfter"):
        if name in tree["Bot"]:
            tree.setdefault(name, tree["Bot"][name])
    return tree


_TREE = _functions()
_BOT_FUNCTIONS = _TREE.pop("Bot")
_KNOWN = {**_known_names(), **_closed("", _TREE)}
_KNOWN["CSV"] = _KNOWN["libs"].CSV
_BUILTINS = {**builtins.__dict__, "__import__": _import, **{name: _absent(name, why) for name, why in _ABSENT.items()}}
_ALWAYS = ("message", "call", "msg", "params", "options", "u", "user", "chat", "chat_id", "user_id", "update_type",
           "callback_data", "bot_id", "command")


def _options(value):
    return Options(value) if isinstance(value, dict) and not isinstance(value, Options) else value


def _given_globals(request):
    given = bunchify(request["globals"])
    user = given.get("u", given.get("user"))
    if user is not None:
        given["u"] = given["user"] = UserId(user)
    for name in _ALWAYS:
        given.setdefault(name, None)
    message = given["message"]
    if given["chat"] is None and isinstance(message, dict):
        given["chat"] = message.get("chat")
    given["options"] = _options(given["options"])
    given.setdefault("left_points", 100000)
    return given


def _begin(request):
    """Remembers what the run is about."""
    _returns.clear()
    given = _given_globals(request)
    known = given.pop("bot", None)
    given.pop("Bot", None)
    known = Bunch(known) if isinstance(known, dict) else Bunch()
    token = known.get("token") or given.get("bot_token")
    if token is not None:
        known["token"] = given["bot_token"] = token
    user, message, chat = given["u"], given["message"], given["chat_id"]
    if chat is None and isinstance(message, dict) and message.chat is not None:
        chat = message["chat"]["id"]
    if chat is None and user is not None:
        chat = int(user) if user.lstrip("-").isdigit() else user
    _now.clear()
    _now.update(chat_id=chat, user=user, message=message, call=given["call"], globals=given, preamble=request["preamble"],
                bot=_Bot(known))


def _namespace(more):
    """The globals of one command of the run."""
    bot = _now["bot"]
    return {**_KNOWN, "__builtins__": dict(_BUILTINS), **_now["globals"], "bot": bot, "Bot": bot, **more}


def _execute_in(namespace, name, source):
    if _now["preamble"]:
        try:
            runtime.execute("~", _now["preamble"], namespace)
        except ReturnCommand:
            # It comes before every command and stops none.
            _returns.clear()
    runtime.execute(name, source, namespace)


def run(request):
    """Runs a command. Gives whether it ended itself by ReturnCommand."""
    _begin(request)
    try:
        _execute_in(_namespace({}), request["command"] or "command", request["code"])
    except ReturnCommand:
        _returns.clear()
        return True
    return False


def warnings_of(stopped):
    """What the owner should know of how the run went."""
    if stopped or not _returns:
        return []
    return [f"ReturnCommand was raised at line {line or '?'} and caught: the command went on." for line in _returns[:10]]
