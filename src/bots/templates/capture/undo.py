undone = libs.Cards.undo()
if undone is None:
    bot.sendMessage("There is nothing to undo.")
else:
    bot.sendMessage(f"Undone: the {undone.kind} is in the trash.")
