/** Who writes to one bot calmly; known to the bot after as many messages. */
export const FEW_PEOPLE = 20
