HELP = """Send or forward me anything: texts, links, photos, albums, videos, voice messages, documents.
Reply to what I answer to put a note on it.

/find words - search what you have
/undo - take back the last thing"""

if params and Bot.pairAdmin(params):
    User.deleteData("told")
    bot.sendMessage("You are paired with this bot now.\n\n" + HELP)
elif Bot.isAdmin():
    bot.sendMessage(HELP)
else:
    bot.sendMessage("This code does not work, or no more. Ask the owner for another one.")
