"""`HTTP`: requests to other servers, made by the server that runs the bot; reads like the requests library."""


class HTTPError(HostError):
    """An answer of 400 or more, raised by raise_for_status. `response` is the answer."""

    def __init__(self, message, response=None):
        super().__init__(message)
        self.response = response


class _Headers(dict):
    """Headers of an answer; names in any case."""

    def __init__(self, pairs):
        super().__init__({name.lower(): value for name, value in pairs})

    def __getitem__(self, name):
        return super().__getitem__(str(name).lower())

    def __contains__(self, name):
        return super().__contains__(str(name).lower())

    def get(self, name, default=None):
        return super().get(str(name).lower(), default)


class Response:
    """What another server answered."""

    def __init__(self, answer):
        self.status_code = answer["status"]
        self.reason = answer["reason"]
        self.headers = _Headers(answer["headers"])
        self.url = answer["url"]
        self.elapsed_ms = answer["elapsed_ms"]
        self._file = _received(answer["body"])

    @property
    def content(self):
        return self._file.content

    @property
    def ok(self):
        return self.status_code < 400

    @property
    def encoding(self):
        found = re.search(r"charset=[\"']?([\w-]+)", self.headers.get("content-type", ""), re.I)
        return found.group(1) if found else "utf-8"

    @property
    def text(self):
        try:
            return self.content.decode(self.encoding, "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.content, object_hook=Bunch)

    def file(self, name=None):
        """The answer as a file in memory, for bot.sendDocument."""
        return File(name or self.url.rpartition("/")[2].partition("?")[0] or "file", self.content)

    def raise_for_status(self):
        if not self.ok:
            side = "Client" if self.status_code < 500 else "Server"
            raise HTTPError(f"{self.status_code} {side} Error: {self.reason} for url: {self.url}", self)

    def __bool__(self):
        return self.ok

    def __repr__(self):
        return f"<Response [{self.status_code}]>"


def _query(url, params):
    if not params:
        return url
    text = params if isinstance(params, str) else urllib.parse.urlencode(params, doseq=True)
    return f"{url}{'&' if '?' in url else '?'}{text}"


def _form_part(boundary, name, value, file_name=None, kind=None):
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    head += f'; filename="{file_name}"' if file_name else ""
    head += f"\r\nContent-Type: {kind or 'application/octet-stream'}" if file_name else ""
    content = value if isinstance(value, bytes) else str(value).encode()
    return head.encode() + b"\r\n\r\n" + content + b"\r\n"


def _multipart(fields, files):
    boundary = "latchkey" + uuid.uuid4().hex
    body = b"".join(_form_part(boundary, name, value) for name, value in dict(fields or {}).items())
    for name, given in dict(files).items():
        parts = given if isinstance(given, (list, tuple)) else (None, given)
        file = _as_file(parts[1].encode() if isinstance(parts[1], str) else parts[1], name)
        kind = parts[2] if len(parts) > 2 else None
        body += _form_part(boundary, name, file.content, parts[0] or file.name, kind)
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _body(data, json_data, files):
    """(bytes or None, content type or None) of what a request is to send."""
    if files:
        return _multipart(data, files)
    if json_data is not None:
        return json.dumps(json_data).encode(), "application/json"
    if data is None:
        return None, None
    if isinstance(data, (dict, list, tuple)):
        return urllib.parse.urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"
    file = _as_file(data)
    return str(data).encode() if file is None else file.content, None


class _Client:
    """`HTTP`, and what libs.customHTTP() gives: `headers` are sent with every request."""

    def __init__(self, headers=None, timeout=None):
        object.__setattr__(self, "headers", dict(headers or {}))
        object.__setattr__(self, "timeout", timeout)

    def request(self, method, url, params=None, data=None, json=None, headers=None, timeout=None, allow_redirects=True,
                auth=None, cookies=None, files=None, **unused):
        body, kind = _body(data, json, files)
        sent = {str(name): str(value) for name, value in {**self.headers, **(headers or {})}.items() if value is not None}
        names = {name.lower() for name in sent}
        if kind is not None and "content-type" not in names:
            sent["Content-Type"] = kind
        if auth is not None and "authorization" not in names:
            sent["Authorization"] = "Basic " + base64.b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()
        if cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in dict(cookies).items())
        if isinstance(timeout, (list, tuple)):
            timeout = sum(timeout)
        return Response(host_call("HTTP.request", (), {
            "method": str(method).upper(), "url": _query(str(url), params), "headers": sent,
            "body": None if body is None else File("body", body)._sent()["$file"]["number"],
            "timeout": self.timeout if timeout is None else timeout, "allow_redirects": bool(allow_redirects),
        }))

    def get(self, url, params=None, **more):
        return self.request("GET", url, params=params, **more)

    def post(self, url, data=None, json=None, **more):
        return self.request("POST", url, data=data, json=json, **more)

    def put(self, url, data=None, **more):
        return self.request("PUT", url, data=data, **more)

    def patch(self, url, data=None, **more):
        return self.request("PATCH", url, data=data, **more)

    def delete(self, url, **more):
        return self.request("DELETE", url, **more)

    def head(self, url, **more):
        return self.request("HEAD", url, **{"allow_redirects": False, **more})

    def options(self, url, **more):
        return self.request("OPTIONS", url, **more)

    def close(self):
        """There is nothing to close: every request has a connection of its own."""

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return False

    def __setattr__(self, name, _value):
        raise AttributeError(f"HTTP.{name} cannot be set: pass it to the call, or to libs.customHTTP()")
