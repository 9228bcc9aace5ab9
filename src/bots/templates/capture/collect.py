# Started by a timer when the first part of an album came: saves the album when no more parts come.
group = (options or {}).get("group")
album = User.getData(f"album:{group}") if group else None
if not album:
    raise ReturnCommand
if time.time() - album["at"] < ALBUM_SECONDS:
    Bot.runCommandAfter(ALBUM_SECONDS, "/collect", options={"group": group})
    raise ReturnCommand

parts = sorted(album["parts"], key=lambda part: part["message_id"])
texts = [part["text"] for part in parts if part["text"]]
tags = [tag for part in parts for tag in part["tags"]]
note = "\n\n".join(text for text in (album["comment"], parts[0]["source"]) if text)
first = parts[0]["message_id"]
keep("\n\n".join(texts), note, tags, [part["file"] for part in parts], parts[0]["kind"], first, f"album:{group}:{first}")
User.deleteData(f"album:{group}")
