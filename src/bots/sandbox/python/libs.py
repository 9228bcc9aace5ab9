"""`libs` as far as it needs no server: chance, dates, checksums, and notes in the place of what is not offered."""

import hmac
import secrets


class _Random:
    """libs.Random."""

    @staticmethod
    def randomInt(min=0, max=100):
        return random.randint(int(min), int(max))

    @staticmethod
    def randomFloat(min=0.0, max=1.0):
        return random.uniform(float(min), float(max))

    @staticmethod
    def randomStr(length=10, charset=None):
        return "".join(random.choices(charset or string.ascii_letters + string.digits, k=int(length)))

    @staticmethod
    def randomAscii(length=10):
        return "".join(random.choices(string.ascii_letters, k=int(length)))

    randomWord = randomAscii

    @staticmethod
    def randomChoice(items):
        return random.choice(list(items))

    @staticmethod
    def randomShuffle(items):
        shuffled = list(items)
        random.shuffle(shuffled)
        return shuffled

    @staticmethod
    def randomSample(items, count=1):
        return random.sample(list(items), int(count))

    @staticmethod
    def randomWeightedChoice(items, weights):
        return random.choices(list(items), list(weights))[0]

    @staticmethod
    def randomRange(start, stop=None, step=1):
        return random.randrange(start) if stop is None else random.randrange(start, stop, step)

    @staticmethod
    def randomGaussian(mean=0.0, deviation=1.0):
        return random.gauss(mean, deviation)

    @staticmethod
    def randomHex(length=16):
        return "".join(random.choices("0123456789abcdef", k=int(length)))

    @staticmethod
    def randomBytes(count=16):
        return secrets.token_bytes(int(count))

    @staticmethod
    def randomUUID():
        return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))

    @staticmethod
    def randomPassword(length=12):
        return "".join(secrets.choice(string.ascii_letters + string.digits + "!@#$%^&*-_") for _ in range(int(length)))

    @staticmethod
    def randomBool():
        return random.random() < 0.5


class _DateAndTime:
    """libs.DateAndTime. Every moment reads as text, as `.date` and `["date"]`, `.time` and `["time"]`."""

    @staticmethod
    def now(tz="UTC"):
        return _moment(datetime.datetime.now(zoneinfo.ZoneInfo(str(tz))))

    @staticmethod
    def utcnow():
        return _moment(datetime.datetime.now(datetime.timezone.utc))

    @staticmethod
    def date_now(tz="UTC"):
        return datetime.datetime.now(zoneinfo.ZoneInfo(str(tz))).strftime("%Y-%m-%d")

    @staticmethod
    def time(tz="UTC"):
        return datetime.datetime.now(zoneinfo.ZoneInfo(str(tz))).strftime("%H:%M:%S")


class Moment(Bunch):
    def __str__(self):
        return f"{self['date']} {self['time']}"


def _moment(at):
    return Moment(
        date=at.strftime("%Y-%m-%d"), time=at.strftime("%H:%M:%S"), year=at.year, month=at.month, day=at.day,
        hour=at.hour, minute=at.minute, second=at.second, weekday=at.strftime("%A"), timestamp=int(at.timestamp()),
        timezone=str(at.tzinfo), iso=at.isoformat(timespec="seconds"),
    )


def _bytes(value):
    return value.encode() if isinstance(value, str) else bytes(value)


class _Security:
    """libs.security, but for what the server computes."""

    @staticmethod
    def sha256(data):
        return hashlib.sha256(_bytes(data)).hexdigest()

    @staticmethod
    def sha512(data):
        return hashlib.sha512(_bytes(data)).hexdigest()

    @staticmethod
    def md5(data):
        return hashlib.md5(_bytes(data)).hexdigest()

    @staticmethod
    def hmac_sign(key, data, algorithm="sha256"):
        return hmac.new(_bytes(key), _bytes(data), str(algorithm)).hexdigest()

    @staticmethod
    def hmac_verify(key, data, signature, algorithm="sha256"):
        made = hmac.new(_bytes(key), _bytes(data), str(algorithm)).hexdigest()
        return hmac.compare_digest(made, str(signature).strip().lower())

    @staticmethod
    def ed25519_verify(public_key, data, signature):
        return host_call("security.ed25519_verify", [_hex(public_key), _bytes(data).hex(), _hex(signature)])

    @staticmethod
    def generate_key():
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()

    @staticmethod
    def encrypt(key, data):
        return host_call("security.fernet_encrypt", [_text(key), base64.b64encode(_bytes(data)).decode()])

    @staticmethod
    def decrypt(key, token):
        return base64.b64decode(host_call("security.fernet_decrypt", [_text(key), _text(token)])).decode("utf-8", "replace")


class Fernet:
    """Symmetric encryption with a key of `Fernet.generate_key()`. Bytes in, bytes out."""

    generate_key = staticmethod(lambda: _Security.generate_key().encode())

    def __init__(self, key):
        self._key = _text(key)

    def encrypt(self, data):
        return _Security.encrypt(self._key, data).encode()

    def decrypt(self, token):
        return base64.b64decode(host_call("security.fernet_decrypt", [self._key, _text(token)]))


def _text(value):
    return value.decode() if isinstance(value, (bytes, bytearray)) else str(value)


def _hex(value):
    """Bytes, hex, or base64, as hex."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    try:
        return bytes.fromhex(value).hex()
    except ValueError:
        return base64.b64decode(value).hex()


class _NotOffered:
    """Stands where a library would be that this server does not have, and says so when it is used."""

    __slots__ = ("_name", "_instead")

    def __init__(self, name, instead):
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_instead", instead)

    def _refuse(self):
        return NotImplementedError(f"{self._name} is not available here: {self._instead}")

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._refuse()

    def __call__(self, *_args, **_kwargs):
        raise self._refuse()

    def __repr__(self):
        return f"<{self._name}: not available>"


_CALL_IT = "call its web API with HTTP, and keep its key as a secret of the bot"
_CHAIN = "blockchains are reached over a web API with HTTP"
_LIBS_NOT_OFFERED = {
    **dict.fromkeys("Coinbase Coinpayments Paytm Oxapay MDxchange Crypto openai_lib gemini_lib translate".split(), _CALL_IT),
    **dict.fromkeys("Polygon ARB TTcoin Tomochain web3lib TonLib".split(), _CHAIN),
    "PremiumGift": "use bot.giftPremiumSubscription", "tbcads": "this server shows no advertisements",
    "Pillow": "send pictures by URL or file id", "OpenCV": "send pictures by URL or file id",
}
_GLOBALS_NOT_OFFERED = {name: _CHAIN for name in ("web3_", "TBC_Web3_", "TonLib")}


def _static(kind):
    members = {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}
    return {**{name.lower(): value for name, value in members.items()}, **members}


def _library_tree():
    """What is below `libs` and comes from here."""
    csv_members = {"CSVHandler": CSVHandler}
    resources = {"userRes": _user_res, "anotherRes": _another_res, "globalRes": _global_res, "adminRes": _account_res,
                 "accountRes": _account_res}
    security = {**_static(_Security), "Fernet": Fernet, "fernet_encrypt": _Security.encrypt, "fernet_decrypt": _Security.decrypt}
    return {
        "Random": _static(_Random), "DateAndTime": _static(_DateAndTime), "CSV": csv_members, "Resources": resources,
        "security": security, "customHTTP": _Client,
        **{name: _NotOffered(f"libs.{name}", instead) for name, instead in _LIBS_NOT_OFFERED.items()},
    }
