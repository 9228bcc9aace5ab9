"""Files in memory: what exports, downloads and libraries give, and what bot.sendDocument takes."""

PIECE_BYTES = 480_000


def _read_pieces(number):
    """Bytes that the server keeps for this run."""
    content = bytearray()
    while True:
        piece = base64.b64decode(host_call("files.read", [number, len(content)]))
        content += piece
        if len(piece) < PIECE_BYTES:
            return bytes(content)


def _write_pieces(content):
    """Hands bytes over to the server, for this run. Gives the number that it knows them by."""
    number = None
    for start in range(0, max(1, len(content)), PIECE_BYTES):
        piece = base64.b64encode(content[start : start + PIECE_BYTES]).decode()
        number = host_call("files.write", [piece, number])
    return number


class File:
    """A file in memory. `name`, `size`, `.content` (bytes), `.text()`; reads like an open file."""

    def __init__(self, name, content=b"", number=None, size=None):
        self.name = str(name)
        self._content = content.encode() if isinstance(content, str) else bytes(content) if number is None else None
        self._number = number
        self._size = size
        self._at = 0

    @property
    def content(self):
        if self._content is None:
            self._content = _read_pieces(self._number)
        return self._content

    @property
    def size(self):
        return len(self._content) if self._content is not None else self._size

    file_name = property(lambda self: self.name)

    def text(self, encoding="utf-8"):
        return self.content.decode(encoding, "replace")

    def json(self):
        return json.loads(self.text(), object_hook=Bunch)

    def getvalue(self):
        return self.content

    decode = text

    def __bytes__(self):
        return self.content

    def read(self, size=-1):
        end = len(self.content) if size is None or size < 0 else self._at + size
        piece = self.content[self._at : end]
        self._at += len(piece)
        return piece

    def seek(self, offset, whence=0):
        self._at = max(0, offset + (0, self._at, len(self.content))[whence])
        return self._at

    def tell(self):
        return self._at

    def __len__(self):
        return self.size

    def __repr__(self):
        return f"<File {self.name!r}, {self.size} bytes>"

    def _sent(self):
        """As an argument of a call to the server."""
        if self._number is None:
            self._number = _write_pieces(self._content)
        return {"$file": {"name": self.name, "number": self._number}}


def _as_file(value, name="file"):
    """A File for what holds bytes, or None."""
    if isinstance(value, File):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return File(name, bytes(value))
    if not isinstance(value, dict) and callable(getattr(value, "getvalue", None)):
        content = value.getvalue()
        return File(getattr(value, "name", None) or name, content)
    return None


def _received(answer):
    """A file that the server made, as a File; anything else as it is."""
    if isinstance(answer, dict) and "$file" in answer:
        about = answer["$file"]
        return File(about["name"], number=about["number"], size=about["size"])
    return answer
