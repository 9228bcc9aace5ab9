"""Telegram's keyboard and other request types, written as dicts that fill themselves from arguments."""


def _given(values):
    return {name: value for name, value in values.items() if value is not None}


class _Type(Bunch):
    def to_dict(self):
        return runtime.plain(self)

    def to_json(self):
        return json.dumps(self.to_dict())


class InlineKeyboardButton(_Type):
    def __init__(self, text, url=None, callback_data=None, web_app=None, **more):
        super().__init__(_given({"text": text, "url": url, "callback_data": callback_data, "web_app": web_app, **more}))


class KeyboardButton(_Type):
    def __init__(self, text, request_contact=None, request_location=None, request_poll=None, web_app=None, **more):
        super().__init__(_given({
            "text": text, "request_contact": request_contact, "request_location": request_location,
            "request_poll": request_poll, "web_app": web_app, **more,
        }))


class _Keyboard(_Type):
    _rows_key = "keyboard"

    def __init__(self, rows, row_width, fields):
        super().__init__(_given(fields))
        object.__setattr__(self, "row_width", row_width)
        self[self._rows_key] = []
        for row in rows or []:
            self.row(*(row if isinstance(row, (list, tuple)) else [row]))

    @property
    def keyboard(self):
        return self[self._rows_key]

    def row(self, *buttons):
        self[self._rows_key].append([self._button(button) for button in buttons])
        return self

    def add(self, *buttons, row_width=None):
        width = row_width or self.row_width
        for start in range(0, len(buttons), width):
            self.row(*buttons[start : start + width])
        return self

    def _button(self, button):
        return button


class InlineKeyboardMarkup(_Keyboard):
    _rows_key = "inline_keyboard"

    def __init__(self, keyboard=None, row_width=3, inline_keyboard=None):
        super().__init__(keyboard or inline_keyboard, row_width, {})


class ReplyKeyboardMarkup(_Keyboard):
    def __init__(self, resize_keyboard=None, one_time_keyboard=None, selective=None, row_width=3,
                 input_field_placeholder=None, is_persistent=None, keyboard=None):
        if isinstance(resize_keyboard, (list, tuple)):
            keyboard, resize_keyboard = resize_keyboard, None
        super().__init__(keyboard, row_width, {
            "resize_keyboard": resize_keyboard, "one_time_keyboard": one_time_keyboard, "selective": selective,
            "input_field_placeholder": input_field_placeholder, "is_persistent": is_persistent,
        })

    def _button(self, button):
        return {"text": button} if isinstance(button, str) else button


class ReplyKeyboardRemove(_Type):
    def __init__(self, selective=None):
        super().__init__(_given({"remove_keyboard": True, "selective": selective}))


class ForceReply(_Type):
    def __init__(self, selective=None, input_field_placeholder=None):
        super().__init__(_given({
            "force_reply": True, "selective": selective, "input_field_placeholder": input_field_placeholder,
        }))


# Types that only hold their fields: how their leading arguments are named, and what is always in them.
_PLAIN = {
    "LinkPreviewOptions": ("is_disabled url", {}),
    "ReplyParameters": ("message_id chat_id", {}),
    "WebAppInfo": ("url", {}),
    "LoginUrl": ("url", {}),
    "CopyTextButton": ("text", {}),
    "BotCommand": ("command description", {}),
    "LabeledPrice": ("label amount", {}),
    "MessageEntity": ("type offset length", {}),
    "ChatPermissions": ("", {}),
    "InputMediaPhoto": ("media caption parse_mode", {"type": "photo"}),
    "InputMediaVideo": ("media caption parse_mode", {"type": "video"}),
    "InputMediaAnimation": ("media caption parse_mode", {"type": "animation"}),
    "InputMediaAudio": ("media caption parse_mode", {"type": "audio"}),
    "InputMediaDocument": ("media caption parse_mode", {"type": "document"}),
    "InputTextMessageContent": ("message_text parse_mode", {}),
    "InlineQueryResultArticle": ("id title input_message_content", {"type": "article"}),
    "InlineQueryResultPhoto": ("id photo_url thumbnail_url", {"type": "photo"}),
    "InlineQueryResultGif": ("id gif_url thumbnail_url", {"type": "gif"}),
    "InlineQueryResultMpeg4Gif": ("id mpeg4_url thumbnail_url", {"type": "mpeg4_gif"}),
    "InlineQueryResultVideo": ("id video_url mime_type thumbnail_url title", {"type": "video"}),
    "InlineQueryResultAudio": ("id audio_url title", {"type": "audio"}),
    "InlineQueryResultVoice": ("id voice_url title", {"type": "voice"}),
    "InlineQueryResultDocument": ("id title document_url mime_type", {"type": "document"}),
    "InlineQueryResultLocation": ("id title latitude longitude", {"type": "location"}),
    "InlineQueryResultVenue": ("id title latitude longitude address", {"type": "venue"}),
    "InlineQueryResultContact": ("id phone_number first_name", {"type": "contact"}),
    "InlineQueryResultCachedPhoto": ("id photo_file_id", {"type": "photo"}),
    "InlineQueryResultCachedVideo": ("id video_file_id title", {"type": "video"}),
    "InlineQueryResultCachedDocument": ("id document_file_id title", {"type": "document"}),
    "InlineQueryResultCachedSticker": ("id sticker_file_id", {"type": "sticker"}),
    "InputLocationMessageContent": ("latitude longitude", {}),
    "InputContactMessageContent": ("phone_number first_name", {}),
    "InputPollOption": ("text", {}),
    "InputSticker": ("sticker emoji_list", {}),
    "KeyboardButtonPollType": ("type", {}),
    "KeyboardButtonRequestUsers": ("request_id", {}),
    "KeyboardButtonRequestChat": ("request_id chat_is_channel", {}),
    "SwitchInlineQueryChosenChat": ("query", {}),
    "ShippingOption": ("id title prices", {}),
    "MenuButtonCommands": ("", {"type": "commands"}),
    "MenuButtonDefault": ("", {"type": "default"}),
    "MenuButtonWebApp": ("text web_app", {"type": "web_app"}),
    "BotCommandScopeDefault": ("", {"type": "default"}),
    "BotCommandScopeAllPrivateChats": ("", {"type": "all_private_chats"}),
    "BotCommandScopeAllGroupChats": ("", {"type": "all_group_chats"}),
    "BotCommandScopeChat": ("chat_id", {"type": "chat"}),
    "ReactionTypeCustomEmoji": ("custom_emoji_id", {"type": "custom_emoji"}),
    "ReactionTypeEmoji": ("emoji", {"type": "emoji"}),
}


def _plain_type(name):
    leading, fixed = _PLAIN.get(name, ("", {}))

    def plain(*values, **fields):
        names = leading.split()
        if len(values) > len(names):
            raise TypeError(f"{name}() takes its fields by name")
        return _Type({**fixed, **_given(dict(zip(names, values))), **_given(fields)})

    # A function and not a class of its own: there are many, and every run makes them.
    plain.__name__ = plain.__qualname__ = name
    return plain


class _Types:
    """`types.AnyTelegramType(field=value)`: the keyboards above, or a dict of the given fields."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        found = globals().get(name)
        return found if isinstance(found, type) and issubclass(found, _Type) else _plain_type(name)
