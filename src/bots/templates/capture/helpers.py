# Stands in front of every command of the bot.
MARKS = {"bold": "**", "italic": "_", "strikethrough": "~~", "code": "`"}
KINDS = {
    "photo": "jpg", "video": "mp4", "animation": "mp4", "audio": "mp3", "voice": "ogg", "video_note": "mp4",
    "document": "bin",
}


def slice_of(text, entity):
    """The part of a text that an entity is about: Telegram counts in UTF-16."""
    units = text.encode("utf-16-le")
    start = 2 * entity["offset"]
    return units[start : start + 2 * entity["length"]].decode("utf-16-le", "ignore")


def signs_of(entity, inner):
    """What stands before and behind a part of a text in Markdown."""
    kind = entity["type"]
    if kind in MARKS:
        return MARKS[kind], MARKS[kind]
    if kind == "pre":
        return f"```{entity.get('language') or ''}\n", "\n```"
    if kind == "text_link":
        return "[", f"]({entity['url']})"
    if kind == "text_mention":
        return "[", f"](tg://user?id={entity['user']['id']})"
    if kind in ("blockquote", "expandable_blockquote"):
        return "> ", "\n"
    return None


def as_markdown(text, entities):
    """A message as Markdown, with all its links."""
    units = text.encode("utf-16-le")
    before, behind, quoted = {}, {}, set()
    for entity in sorted(entities, key=lambda each: (each["offset"], -each["length"])):
        inner = slice_of(text, entity)
        signs = signs_of(entity, inner)
        if signs is None or not inner.strip():
            continue
        # Markdown knows no emphasis that begins or ends with a space.
        start = entity["offset"] + len(inner) - len(inner.lstrip())
        end = entity["offset"] + entity["length"] - (len(inner) - len(inner.rstrip()))
        if entity["type"].endswith("blockquote"):
            quoted.update(range(start, end))
        before[start] = before.get(start, "") + signs[0]
        behind[end] = signs[1] + behind.get(end, "")
    parts, at = [], 0
    for place in sorted({*before, *behind, len(units) // 2}):
        piece = units[2 * at : 2 * place].decode("utf-16-le", "ignore")
        parts.append(piece.replace("\n", "\n> ") if at in quoted else piece)
        parts.append(behind.get(place, "") + before.get(place, ""))
        at = place
    return "".join(parts).strip()


def hashtags(message):
    text = message.text or message.caption or ""
    entities = message.entities or message.caption_entities or []
    return [slice_of(text, entity)[1:] for entity in entities if entity["type"] == "hashtag"]


def full_name(person):
    return " ".join(part for part in (person.get("first_name"), person.get("last_name")) if part)


def linked(chat, message_id):
    title = chat.get("title") or chat.get("username") or "a chat"
    if chat.get("username"):
        return f"[{title}](https://t.me/{chat['username']}{f'/{message_id}' if message_id else ''})"
    if message_id and str(chat["id"]).startswith("-100"):
        return f"[{title}](https://t.me/c/{str(chat['id'])[4:]}/{message_id})"
    return title


def source_of(message):
    """Where a forwarded message comes from, or an empty text."""
    origin = message.forward_origin
    if origin is None:
        return ""
    if origin["type"] == "channel":
        signed = f", {origin['author_signature']}" if origin.get("author_signature") else ""
        return f"Forwarded from {linked(origin['chat'], origin.get('message_id'))}{signed}"
    if origin["type"] == "chat":
        return f"Forwarded from {linked(origin['sender_chat'], None)}"
    if origin["type"] == "user":
        sender = origin["sender_user"]
        link = f"[{full_name(sender)}](https://t.me/{sender['username']})" if sender.get("username") else full_name(sender)
        return f"Forwarded from {link}"
    return f"Forwarded from {origin.get('sender_user_name') or 'somebody'}"


def file_of(message):
    """What kind of file a message has, and the file."""
    for kind, ending in KINDS.items():
        found = message[kind] if kind in message else None
        if not found:
            continue
        file = found[-1] if kind == "photo" else found
        name = file.get("file_name") or f"{kind}-{message.message_id}.{ending}"
        return kind, {"file_id": file["file_id"], "file_name": name, "mime_type": file.get("mime_type")}
    return None, None


def described(message):
    """What is no text and no file, as text."""
    if message.venue:
        place = message.venue
        return f"{place['title']}\n{place['address']}\n{on_map(message.location or place['location'])}"
    if message.location:
        return on_map(message.location)
    if message.contact:
        contact = message.contact
        return f"{full_name(contact)}\n{contact['phone_number']}"
    if message.poll:
        return "\n".join([message.poll["question"], *(f"- {option['text']}" for option in message.poll["options"])])
    return ""


def on_map(place):
    latitude, longitude = place["latitude"], place["longitude"]
    return f"Location: {latitude}, {longitude}\nhttps://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}"


def name_of(card):
    return (card.title or card.content or card.url or card.file_name or "A card").strip().split("\n")[0][:80]


def comment_for(message):
    """The text that was sent along with a forward: it becomes the note of that, and no card of its own."""
    comment = User.getData("comment")
    if not comment or message.date - comment["date"] > COMMENT_SECONDS:
        return ""
    User.deleteData("comment")
    libs.Cards.delete(comment["card"])
    try:
        bot.deleteMessage(chat_id, comment["answer"])
    except ApiTelegramException:
        pass
    return comment["text"]


def confirm(text, reply_to, card_id=None):
    """Answers, and remembers what the answer is about."""
    sent = bot.sendMessage(
        text, parse_mode=None, link_preview_options={"is_disabled": True},
        reply_parameters={"message_id": reply_to, "allow_sending_without_reply": True})
    if card_id:
        saved = User.getData("saved") or {}
        saved[str(sent.message_id)] = card_id
        User.saveData("saved", dict(list(saved.items())[-200:]))
    return sent.message_id


def keep_files(files, reply_to, once):
    names = []
    for number, file in enumerate(files):
        kept = libs.Files.save(file, folder=FOLDER, once=f"{once}:{number}" if once else None)
        names.append(kept.name)
    confirm(f"Kept in {FOLDER}: {', '.join(names)}", reply_to)


def keep(text, note, tags, files, kind, reply_to, once=None):
    """Makes a card of it, or files where the owner wants files, and says so."""
    if files and kind in FILES_ONLY:
        return keep_files(files, reply_to, once)
    is_link = not files and re.fullmatch(r"[\w-]+(\.[\w-]+)+(/\S*)?", text) and "url" in types_of(message)
    wanted = {"note": note or None, "tags": [*TAGS, *tags], "once": once}
    try:
        if is_link:
            card = libs.Cards.save(url=f"https://{text}", **wanted)
        else:
            card = libs.Cards.save(text or None, file=files or None, **wanted)
    except PermissionError:
        if not files:
            confirm("I may not save cards: switch on the setting cards_bridge of this bot.", reply_to)
            return None
        return keep_files(files, reply_to, once)
    except ApiTelegramException as error:
        # Above all: Telegram gives bots no file of more than 20 MB. The words are kept at least.
        about = ", ".join(file["file_name"] for file in files)
        card = libs.Cards.save("\n\n".join(part for part in (text, f"(not kept: {about})") if part), type="text", **wanted)
        answer = confirm(f"Telegram does not give me {about}: {error.description}. I kept the words.", reply_to, card.id)
        return {"card": card.id, "answer": answer}
    again = " (you had this link already)" if card.duplicate_of else ""
    answer = confirm(f"Saved: {name_of(card)}{again}\n{card.app_url}", reply_to, card.id)
    return {"card": card.id, "answer": answer}


def types_of(message):
    return [entity["type"] for entity in (message.entities or [])] if message is not None else []
