"""Small functions that commands find as ready names."""


def isNumeric(value):
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


def bf_json(value):
    """JSON text becomes an object, an object JSON text."""
    return json.loads(value, object_hook=Bunch) if isinstance(value, (str, bytes)) else json.dumps(value)


def md5(text):
    return hashlib.md5(_bytes(text)).hexdigest()


def _encode_uri_component(text):
    return urllib.parse.quote(str(text), safe="!'()*~-._")


_NO_MEMBER = ("left", "kicked")
_UNKNOWN = ("user not found", "participant_id_invalid", "user_not_participant", "invalid user_id")


class MembershipCheck:
    """True if a user is in all of the chats: `if MembershipCheck(["@news"], u): ...`; `missing` lists the others."""

    def __init__(self, chats=(), user=None):
        chats = [chats] if isinstance(chats, (str, int)) else list(chats)
        self.user = user
        self.missing = [chat for chat in chats if not self._is_in(chat)]

    def _is_in(self, chat):
        try:
            member = self.check(chat, self.user)
        except ApiTelegramException as error:
            if any(words in str(error).lower() for words in _UNKNOWN):
                return False
            raise
        return member.status not in _NO_MEMBER and not (member.status == "restricted" and member.is_member is False)

    @staticmethod
    def check(chat, user=None):
        """What Telegram knows of the user as a member of the chat."""
        return host_call("telegram", ["getChatMember", {"chat_id": chat, "user_id": int(user or _now["user"])}])

    def __bool__(self):
        return not self.missing
