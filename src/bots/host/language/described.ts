/** What is written in Python and not declared as a host call. */
export interface Described {
  readonly name: string
  /** Its parameters as Python. */
  readonly parameters: string
  readonly returns: string
  readonly about: string
  readonly example: string
}

const of = (name: string, parameters: string, returns: string, about: string, example: string): Described => ({
  name,
  parameters,
  returns,
  about,
  example,
})

export const PYTHON_FUNCTIONS: readonly Described[] = [
  of('Bot.runCommand', 'command, options=None', 'dict', 'Runs another command at once, within this one, which goes on afterwards.', 'Bot.runCommand("/menu", options={"page": 2})'),
  of('Bot.genId', 'length=16', 'str', 'Letters and digits that nobody guesses.', 'order = Bot.genId()'),
  of('HTTP.get', 'url, params=None, headers=None, timeout=60, **more', 'Response', 'Asks another server; the answer has .status_code, .text, .json(), .content, .headers, .raise_for_status().', 'HTTP.get("https://example.org/rates.json").json()["EUR"]'),
  of('HTTP.post', 'url, data=None, json=None, headers=None, files=None, **more', 'Response', 'Sends a form, JSON, or files to another server.', 'HTTP.post("https://example.org/orders", json={"n": 1})'),
  of('HTTP.put', 'url, data=None, **more', 'Response', 'PUT.', 'HTTP.put(url, json={"n": 1})'),
  of('HTTP.patch', 'url, data=None, **more', 'Response', 'PATCH.', 'HTTP.patch(url, json={"n": 1})'),
  of('HTTP.delete', 'url, **more', 'Response', 'DELETE.', 'HTTP.delete(url)'),
  of('HTTP.head', 'url, **more', 'Response', 'HEAD.', 'HTTP.head(url).headers["content-length"]'),
  of('HTTP.options', 'url, **more', 'Response', 'OPTIONS.', 'HTTP.options(url)'),
  of('HTTP.request', 'method, url, **more', 'Response', 'Any method.', 'HTTP.request("GET", url)'),
  of('libs.customHTTP', 'headers=None, timeout=None', 'HTTP', 'A client that sends the same headers with every request.', 'libs.customHTTP(headers={"X-Key": key}).get(url)'),
  of('libs.Resources.userRes', 'name, user=None', 'Resource', 'A number of a user: .value(), .add(n), .cut(n), .set(n), .reset(), .getAllData(limit).', 'libs.Resources.userRes("points").add(5)'),
  of('libs.Resources.anotherRes', 'name, user', 'Resource', 'A number of another user.', 'libs.Resources.anotherRes("points", params).add(1)'),
  of('libs.Resources.globalRes', 'name', 'Resource', 'A number of the bot.', 'libs.Resources.globalRes("visits").add(1)'),
  of('libs.Resources.accountRes', 'name', 'Resource', 'A number that all bots of the account share.', 'libs.Resources.accountRes("sales").value()'),
  of('libs.Resources.adminRes', 'name', 'Resource', 'The same as accountRes.', 'libs.Resources.adminRes("sales").value()'),
  of('libs.CSV.CSVHandler', 'file', 'CSVHandler', 'A table that the bot keeps: .create_csv(headers), .add_row(dict), .edit_row(index, dict), .rows(), .get(), .delete().', 'libs.CSV.CSVHandler("users.csv").add_row({"id": u})'),
  of('libs.Random.randomInt', 'min=0, max=100', 'int', 'A whole number, both ends included.', 'libs.Random.randomInt(1, 6)'),
  of('libs.Random.randomFloat', 'min=0.0, max=1.0', 'float', 'A number.', 'libs.Random.randomFloat()'),
  of('libs.Random.randomStr', 'length=10, charset=None', 'str', 'Letters and digits, or signs of a set.', 'libs.Random.randomStr(8)'),
  of('libs.Random.randomAscii', 'length=10', 'str', 'Letters.', 'libs.Random.randomAscii(5)'),
  of('libs.Random.randomChoice', 'items', 'Any', 'One of them.', 'libs.Random.randomChoice(["a", "b"])'),
  of('libs.Random.randomShuffle', 'items', 'list', 'All of them in another order.', 'libs.Random.randomShuffle([1, 2, 3])'),
  of('libs.Random.randomSample', 'items, count=1', 'list', 'Some of them, none twice.', 'libs.Random.randomSample(range(50), 6)'),
  of('libs.Random.randomWeightedChoice', 'items, weights', 'Any', 'One of them, some rather than others.', 'libs.Random.randomWeightedChoice(["win", "lose"], [1, 9])'),
  of('libs.Random.randomRange', 'start, stop=None, step=1', 'int', 'A number of a range.', 'libs.Random.randomRange(0, 100, 10)'),
  of('libs.Random.randomGaussian', 'mean=0.0, deviation=1.0', 'float', 'A number of a normal distribution.', 'libs.Random.randomGaussian(100, 15)'),
  of('libs.Random.randomHex', 'length=16', 'str', 'Hexadecimal digits.', 'libs.Random.randomHex(8)'),
  of('libs.Random.randomBytes', 'count=16', 'bytes', 'Bytes that nobody guesses.', 'libs.Random.randomBytes(4).hex()'),
  of('libs.Random.randomUUID', '', 'str', 'A UUID.', 'libs.Random.randomUUID()'),
  of('libs.Random.randomPassword', 'length=12', 'str', 'A password that nobody guesses.', 'libs.Random.randomPassword(20)'),
  of('libs.Random.randomBool', '', 'bool', 'True or False.', 'libs.Random.randomBool()'),
  of('libs.DateAndTime.now', 'tz="UTC"', 'Moment', 'Now in a time zone: .date, .time, .timestamp, .weekday and more.', 'libs.DateAndTime.now("Europe/Berlin")["date"]'),
  of('libs.DateAndTime.utcnow', '', 'Moment', 'Now in UTC.', 'libs.DateAndTime.utcnow().time'),
  of('libs.DateAndTime.date_now', 'tz="UTC"', 'str', 'The date as YYYY-MM-DD.', 'libs.DateAndTime.date_now()'),
  of('libs.DateAndTime.time', 'tz="UTC"', 'str', 'The time as HH:MM:SS.', 'libs.DateAndTime.time("Asia/Tokyo")'),
  of('libs.security.sha256', 'data', 'str', 'The SHA-256 in hex; sha512 and md5 are there too.', 'libs.security.sha256("text")'),
  of('libs.security.hmac_sign', 'key, data, algorithm="sha256"', 'str', 'An HMAC in hex.', 'libs.security.hmac_sign(key, options.data)'),
  of('libs.security.hmac_verify', 'key, data, signature, algorithm="sha256"', 'bool', 'Whether an HMAC is right.', 'libs.security.hmac_verify(key, options.data, options.headers.get("X-Signature"))'),
  of('libs.security.ed25519_verify', 'public_key, data, signature', 'bool', 'Whether an Ed25519 signature is right; keys as bytes, hex or base64.', 'libs.security.ed25519_verify(key, options.data, signature)'),
  of('libs.security.generate_key', '', 'str', 'A key for encrypt and decrypt (Fernet).', 'Bot.saveData("key", libs.security.generate_key())'),
  of('libs.security.encrypt', 'key, data', 'str', 'Encrypts text (Fernet).', 'libs.security.encrypt(key, "secret")'),
  of('libs.security.decrypt', 'key, token', 'str', 'Decrypts what encrypt gave.', 'libs.security.decrypt(key, token)'),
  of('MembershipCheck', 'chats, user=None', 'bool', 'Whether a user is in all of the chats; .missing names the others.', 'if not MembershipCheck(["@news"], u): bot.sendMessage("Join first")'),
  of('File', 'name, content', 'File', 'A file in memory for bot.sendDocument.', 'bot.sendDocument(File("a.txt", "text"))'),
  of('bunchify', 'value', 'Bunch', 'Dicts that are read as attributes too.', 'bunchify({"a": {"b": 1}}).a.b'),
  of('isNumeric', 'value', 'bool', 'Whether a text is a number.', 'isNumeric(msg)'),
  of('bf_json', 'value', 'Any', 'JSON text becomes an object, an object JSON text.', 'bf_json(options.data)'),
  of('encodejson', 'value', 'str', 'JSON text; jsondumps is the same.', 'encodejson({"a": 1})'),
  of('parse_qs', 'text', 'dict', 'The fields of a query string.', 'parse_qs("a=1&b=2")'),
  of('encodeURIComponent', 'text', 'str', 'Text for an address; rawurlencode is the same.', 'encodeURIComponent("a&b")'),
  of('decodeURIComponent', 'text', 'str', 'The opposite.', 'decodeURIComponent("a%26b")'),
  of('md5', 'text', 'str', 'The MD5 in hex.', 'md5("text")'),
] // biome-ignore format: a table

export const GLOBALS: readonly { readonly name: string; readonly type: string; readonly about: string }[] = [
  { name: 'message', type: 'Bunch | None', about: 'What the update is about; behind a button, the message under it. message.text and message["text"] are the same, and what is missing is None.' },
  { name: 'call', type: 'Bunch | None', about: 'The pressed button.' },
  { name: 'msg', type: 'str | None', about: 'The text, the caption, or the data of the button.' },
  { name: 'params', type: 'str | None', about: 'What followed the name of the command.' },
  { name: 'options', type: 'Any', about: 'What runCommand, handleNextCommand or runCommandAfter handed on; in a webhook .data, .json, .headers and .ip.' },
  { name: 'u', type: 'str', about: 'The id of the user: text that also equals the number. user is the same.' },
  { name: 'user_id', type: 'int | None', about: 'The id of the user.' },
  { name: 'chat', type: 'Bunch | None', about: 'The chat.' },
  { name: 'chat_id', type: 'int | None', about: 'The id of the chat.' },
  { name: 'update_type', type: 'str | None', about: 'message, callback_query, inline_query …' },
  { name: 'callback_data', type: 'str | None', about: 'The data of the pressed button.' },
  { name: 'command', type: 'str', about: 'The name of this command.' },
  { name: 'bot_id', type: 'str', about: 'The id of this bot on this server.' },
  { name: 'left_points', type: 'int', about: 'Always enough: there is nothing to pay for.' },
  { name: 'bot', type: 'Bot', about: 'Every method of the Bot API in both spellings, and all functions of Bot.' },
  { name: 'HTTP', type: 'HTTP', about: 'Requests to other servers.' },
  { name: 'libs', type: 'libs', about: 'Libraries.' },
  { name: 'types', type: 'types', about: 'Every type of the Bot API: types.InputMediaPhoto("id", caption="text").' },
] // biome-ignore format: a table

export const ERRORS = [
  { name: 'ReturnCommand', about: 'Ends the command: raise ReturnCommand.' },
  { name: 'ApiTelegramException', about: 'Telegram refused: .error_code, .description, .result_json.' },
  { name: 'HostError', about: 'The server refused; the text says why.' },
  { name: 'HTTPError', about: 'An answer of 400 or more, by raise_for_status(): .response.' },
] as const

export const SPECIAL_COMMANDS = [
  { name: '@', about: 'Runs before every command; ReturnCommand in it stops the main one.' },
  { name: '~', about: 'Its source stands in front of every command, in the same namespace.' },
  { name: '*', about: 'Runs when nothing else matches.' },
  { name: '!', about: 'Runs when a command fails; options is the text of the error.' },
  { name: '.env', about: 'Lines KEY = value, which become globals.' },
  { name: '/handler_<update type>', about: 'Runs for updates of the type, such as /handler_inline_query.' },
  { name: '/handler_special_updates', about: 'Runs for all others that have no handler.' },
] as const
