"""The table of Bot API methods that take positional arguments. Read once, when the snapshot is built."""

import types

# Method: what its positional arguments mean. Before the bar what the method cannot do without (after the chat),
# behind it what may follow. `>` marks methods whose first argument is always the chat; `-` those with no chat at all.
_methods = {}
for _line in """
sendMessage text | parse_mode entities disable_web_page_preview disable_notification
sendPhoto photo | caption parse_mode
sendAudio audio | caption parse_mode
sendDocument document | caption parse_mode
sendVideo video | caption parse_mode
sendAnimation animation | caption parse_mode
sendVoice voice | caption parse_mode
sendVideoNote video_note |
sendSticker sticker |
sendLivePhoto live_photo photo | caption parse_mode
sendRichMessage rich_message |
sendMediaGroup media |
sendPaidMedia star_count media | caption parse_mode
sendLocation latitude longitude |
sendVenue latitude longitude title address |
sendContact phone_number first_name | last_name vcard
sendPoll question options |
sendDice | emoji
sendChatAction action |
sendGame game_short_name |
sendInvoice title description payload provider_token currency prices |
sendChecklist checklist |
forwardMessage > from_chat_id message_id |
forwardMessages > from_chat_id message_ids |
copyMessage > from_chat_id message_id | caption parse_mode
copyMessages > from_chat_id message_ids |
deleteMessage > message_id |
deleteMessages > message_ids |
getChat > |
getChatAdministrators > |
getChatMemberCount > |
getChatMember > user_id |
leaveChat > |
banChatMember > user_id | until_date revoke_messages
unbanChatMember > user_id | only_if_banned
restrictChatMember > user_id | until_date
promoteChatMember > user_id |
setChatAdministratorCustomTitle > user_id custom_title |
banChatSenderChat > sender_chat_id |
unbanChatSenderChat > sender_chat_id |
setChatPermissions > permissions |
exportChatInviteLink > |
createChatInviteLink > | name expire_date member_limit
editChatInviteLink > invite_link | name expire_date member_limit
revokeChatInviteLink > invite_link |
approveChatJoinRequest > user_id |
declineChatJoinRequest > user_id |
setChatPhoto > photo |
deleteChatPhoto > |
setChatTitle > title |
setChatDescription > | description
setChatStickerSet > sticker_set_name |
pinChatMessage > message_id | disable_notification
unpinChatMessage > | message_id
unpinAllChatMessages > |
createForumTopic > name | icon_color icon_custom_emoji_id
editForumTopic > message_thread_id | name icon_custom_emoji_id
closeForumTopic > message_thread_id |
reopenForumTopic > message_thread_id |
deleteForumTopic > message_thread_id |
setMessageReaction > message_id | reaction is_big
stopPoll > message_id | reply_markup
getUserChatBoosts > user_id |
editMessageText - text | chat_id message_id inline_message_id parse_mode
editMessageCaption - | caption chat_id message_id inline_message_id parse_mode
editMessageMedia - media | chat_id message_id inline_message_id reply_markup
editMessageReplyMarkup - | chat_id message_id inline_message_id reply_markup
editMessageLiveLocation - latitude longitude | chat_id message_id inline_message_id reply_markup
stopMessageLiveLocation - | chat_id message_id inline_message_id reply_markup
answerCallbackQuery - | callback_query_id text show_alert url cache_time
answerInlineQuery - inline_query_id results | cache_time
answerShippingQuery - shipping_query_id ok | shipping_options error_message
answerPreCheckoutQuery - pre_checkout_query_id ok | error_message
answerWebAppQuery - web_app_query_id result |
getFile - file_id |
getFileUrl - file_id |
downloadFile - file_path |
getUserProfilePhotos - user_id | offset limit
getStickerSet - name |
getCustomEmojiStickers - custom_emoji_ids |
setMyCommands - commands | scope language_code
setMyName - name | language_code
setMyDescription - description | language_code
setMyShortDescription - short_description | language_code
setChatMenuButton - | chat_id menu_button
createInvoiceLink - title description payload provider_token currency prices |
refundStarPayment - user_id telegram_payment_charge_id |
sendGift - gift_id | user_id
setUserEmojiStatus - user_id | emoji_status_custom_emoji_id
getBusinessConnection - business_connection_id |
""".strip().splitlines():
    _name, _rest = _line.split(" ", 1)
    _before, _after = _rest.split("|")
    _mode = _before[0] if _before[:1] in (">", "-") else ""
    _methods[_name] = (_mode, tuple(_before.lstrip(">- ").split()), tuple(_after.split()))

# Shared by all runs of a bot, so nobody may change it.
METHODS = types.MappingProxyType(_methods)
