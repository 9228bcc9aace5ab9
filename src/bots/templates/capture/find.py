if not params:
    bot.sendMessage("What are you looking for? Write /find and some words.")
    raise ReturnCommand
cards = libs.Cards.find(params, 5)
if not cards:
    bot.sendMessage("There is nothing like that.")
    raise ReturnCommand
lines = []
for card in cards:
    link = card.url or card.app_url
    lines.append(f"• {link}" if name_of(card) == link else f"• {name_of(card)}\n{link}")
bot.sendMessage("\n\n".join(lines), parse_mode=None, link_preview_options={"is_disabled": True})
