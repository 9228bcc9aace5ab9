if not params:
    bot.sendMessage("What are you looking for? Write /find and some words.")
    raise ReturnCommand
cards = libs.Cards.find(params, 5)
if not cards:
    bot.sendMessage("There is nothing like that.")
    raise ReturnCommand
lines = []
for card in cards:
    lines.append(f"• {name_of(card)}\n{card.url or card.app_url}")
bot.sendMessage("\n\n".join(lines), parse_mode=None, link_preview_options={"is_disabled": True})
