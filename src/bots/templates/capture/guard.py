# Before every command: only admins of the bot capture, and only in a private chat.
if chat is not None and chat.type != "private":
    raise ReturnCommand
if not Bot.isAdmin() and not (msg or "").startswith("/start "):
    if not User.getData("told"):
        User.saveData("told", True)
        bot.sendMessage("This bot keeps things for its owner only. Thank you for stopping by.")
    raise ReturnCommand
