if message is None or update_type != "message":
    raise ReturnCommand

text = as_markdown(message.text or message.caption or "", message.entities or message.caption_entities or [])
kind, file = file_of(message)

# A reply to one of the bot's answers is a note on what that answer is about.
replied = message.reply_to_message
saved = User.getData("saved") or {}
if replied is not None and file is None and text and str(replied.message_id) in saved:
    libs.Cards.update(saved[str(replied.message_id)], append_note=text)
    confirm("Noted.", message.message_id)
    raise ReturnCommand

source = source_of(message)
comment = comment_for(message) if source else ""

if file is not None and message.media_group_id:
    key = f"album:{message.media_group_id}"
    album = User.getData(key)
    if not album:
        album = {"parts": [], "comment": comment}
        Bot.runCommandAfter(ALBUM_SECONDS, "/collect", options={"group": message.media_group_id})
    if message.message_id not in [part["message_id"] for part in album["parts"]]:
        album["parts"].append({
            "message_id": message.message_id, "text": text, "tags": hashtags(message), "source": source,
            "kind": kind, "file": file,
        })
    album["at"] = time.time()
    User.saveData(key, album)
    raise ReturnCommand

if file is None and not text:
    text = described(message)
    if not text:
        why = "Stickers are not kept." if message.sticker else "I cannot keep this kind of message."
        confirm(why, message.message_id)
        raise ReturnCommand

note = "\n\n".join(part for part in (comment, source) if part)
answer = keep(text, note, hashtags(message), [file] if file else [], kind, message.message_id)
if answer and file is None and not source:
    User.saveData("comment", {"date": message.date, "text": text, **answer})
