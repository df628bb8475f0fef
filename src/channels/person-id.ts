/**
 * A person's id on an account as it is kept, looked up and sent to. WeCom takes a member's id in any case, and names him in
 * whichever somebody once typed [doc 90236]; Slack's and Telegram's ids are exact.
 */
export function personId(account: string, id: string): string {
  return account.startsWith('wecom:') ? id.toLowerCase() : id;
}
