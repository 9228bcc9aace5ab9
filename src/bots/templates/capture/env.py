# What every card gets as a tag.
TAGS = ["telegram"]
# Kinds that become files and not cards: photo, video, animation, audio, voice, video_note, document.
FILES_ONLY = []
# The folder for them.
FOLDER = "Telegram"
# How long an album may go without another part before it is saved.
ALBUM_SECONDS = 2
# A forward that comes within so many seconds after a text takes that text as its note.
COMMENT_SECONDS = 2
