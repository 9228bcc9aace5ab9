"""`bot`: any Bot API method by either spelling, with the loose arguments that commands are written with."""

_ALIASES = {
    "replyText": "sendMessage", "replyPhoto": "sendPhoto", "getChatMembersCount": "getChatMemberCount",
    "kickChatMember": "banChatMember", "setStickerSetThumb": "setStickerSetThumbnail",
}
# Where bytes stand for a file.
_FILE_NAMES = frozenset("""photo audio document video animation voice video_note sticker thumbnail thumb cover media live_photo
png_sticker tgs_sticker webm_sticker""".split())
_PARSE_MODES = {"html": "HTML", "markdown": "Markdown", "markdownv2": "MarkdownV2"}
# Often written as JSON text already.
_JSON_NAMES = ("reply_markup", "media", "entities", "caption_entities", "link_preview_options", "reply_parameters", "results")
_ID_NAMES = ("chat_id", "from_chat_id", "user_id")


def _is_number(value):
    return isinstance(value, str) and value.lstrip("-").isdigit() or isinstance(value, int) and not isinstance(value, bool)


def _is_chat(value):
    return _is_number(value) or isinstance(value, str) and value.startswith("@") and value[1:].isidentifier()


class _Api:
    """Turns a call as written into (method, params) for the server. `now` is what the run is about."""

    def __init__(self, now):
        self.now = now

    def call(self, name, args, kwargs):
        method = _ALIASES.get(canonical(name), canonical(name))
        # The two reply names take the chat first, unlike the methods that they stand for.
        forced = ">" if name in ("replyText", "reply_text", "replyPhoto", "reply_photo") else None
        params = self.named(name, method, args, kwargs, forced)
        if method == "answerCallbackQuery":
            self.fill_callback(params)
        elif method.startswith(("editMessage", "stopMessage")):
            self.fill_edited(params)
        return host_call("telegram", [method, _with_files(self.tidied(params))])

    def named(self, name, method, args, kwargs, forced):
        if method not in _METHODS:
            if len(args) == 1 and isinstance(args[0], dict):
                return {**args[0], **kwargs}
            if args:
                raise TypeError(f"{name}() takes its arguments by name, as in bot.{name}(chat_id=..., ...)")
            return dict(kwargs)
        mode, needed, more = _METHODS[method]
        mode = forced or mode
        order = needed + more
        if mode != "-" and self.starts_with_chat(mode, needed, args, kwargs):
            order = ["chat_id", *order]
        if len(args) > len(order):
            raise TypeError(f"{name}() takes at most {len(order)} positional arguments: {', '.join(order)}")
        taken = dict(zip(order, args))
        for key in taken:
            if key in kwargs:
                raise TypeError(f"{name}() got {key} twice")
        params = {**taken, **kwargs}
        if mode != "-" and params.get("chat_id") is None:
            params["chat_id"] = self.current_chat(name)
        return params

    def starts_with_chat(self, mode, needed, args, kwargs):
        if "chat_id" in kwargs or not args:
            return False
        if mode == ">":
            return True
        open_names = [key for key in needed if key not in kwargs]
        return len(args) > len(open_names) or _is_chat(args[0]) and len(args) - 1 >= len(open_names)

    def current_chat(self, name):
        if self.now["chat_id"] is None:
            raise ValueError(f"{name}() needs chat_id: this run has no current chat")
        return self.now["chat_id"]

    def fill_callback(self, params):
        call = self.now["call"]
        given = params.get("callback_query_id")
        if given is not None and not self.is_callback_id(given) and "text" not in params:
            params["text"], given = given, None
        message = self.now["message"]
        if call is not None and (given is None or message is not None and str(given) == str(message.get("message_id"))):
            given = call["id"]
        if given is None:
            raise ValueError("answerCallbackQuery needs callback_query_id: this run does not come from a button")
        params["callback_query_id"] = str(given)

    def is_callback_id(self, value):
        call, message = self.now["call"], self.now["message"]
        known = [str(call["id"])] if call is not None else []
        if message is not None:
            known.append(str(message.get("message_id")))
        return str(value) in known or _is_number(value) and len(str(value)) >= 10

    def fill_edited(self, params):
        if params.get("inline_message_id") is not None:
            return
        message = self.now["message"]
        if params.get("chat_id") is None and self.now["chat_id"] is not None:
            params["chat_id"] = self.now["chat_id"]
        if params.get("message_id") is None and self.now["call"] is not None and message is not None:
            params["message_id"] = message.get("message_id")

    def tidied(self, params):
        params = {key: value for key, value in params.items() if value is not None}
        mode = params.get("parse_mode")
        if isinstance(mode, str):
            params["parse_mode"] = _PARSE_MODES.get(mode.lower(), mode)
        for key in _JSON_NAMES:
            if isinstance(params.get(key), str) and params[key][:1] in ("{", "["):
                params[key] = json.loads(params[key])
        for key in _ID_NAMES:
            if isinstance(params.get(key), str) and _is_number(params[key]):
                params[key] = int(str(params[key]))
        self.modernise(params)
        return params

    def modernise(self, params):
        """Arguments that Telegram replaced by others, and that commands still use."""
        params.pop("timeout", None)
        preview = params.pop("disable_web_page_preview", None)
        if preview is not None and "link_preview_options" not in params:
            params["link_preview_options"] = {"is_disabled": bool(preview)}
        reply_to = params.pop("reply_to_message_id", None)
        without = params.pop("allow_sending_without_reply", None)
        if reply_to is not None and "reply_parameters" not in params:
            params["reply_parameters"] = {"message_id": reply_to}
            if without is not None:
                params["reply_parameters"]["allow_sending_without_reply"] = bool(without)


def _with_files(params):
    """Files in memory as what the server takes for them, also inside lists of media."""
    sent = {}
    for key, value in params.items():
        file = _as_file(value, f"{key}.bin") if key in _FILE_NAMES or isinstance(value, File) else None
        if file is not None:
            sent[key] = file._sent()
        elif isinstance(value, dict) and key == "media":
            sent[key] = _with_files(value)
        elif isinstance(value, (list, tuple)) and key in ("media", "stickers"):
            sent[key] = [_with_files(item) if isinstance(item, dict) else item for item in value]
        else:
            sent[key] = value
    return sent
