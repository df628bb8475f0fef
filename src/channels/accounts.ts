/** Under which name everything of an account is stored. Apart, so that a name costs no platform's library. */

/** One self-built app of one corporation. */
export function wecomAccount({ corpId, agentId }: { readonly corpId: string; readonly agentId: string }): string {
  return `wecom:${corpId}:${agentId}`;
}

/** One workspace; `default` where the settings do not name it. */
export function slackAccount(teamId: string | undefined): string {
  return `slack:${teamId ?? 'default'}`;
}

/** One bot, by the number in front of its token's colon. */
export function telegramAccount(botToken: string): string {
  return `telegram:${botToken.split(':', 1)[0] ?? ''}`;
}
