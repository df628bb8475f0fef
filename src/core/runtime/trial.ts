/** 试算 in a chat: terms in one line, answered with the plan in words and then as a picture, or with what is still missing. */
import { AppError } from '../../lib/errors.ts';
import type { Language } from '../../lib/i18n.ts';
import { parseTrial } from '../conversation/index.ts';
import type { MessageContent } from '../operations/effects.ts';
import type { Turn } from '../unit/unit.ts';

/** The answer to a trial; nothing when the message is not one, so that whatever is open takes it. */
export async function answerTrial(
  turn: Turn,
  text: string,
  language: Language,
  say: (key: string) => string,
): Promise<MessageContent[]> {
  const parsed = parseTrial(text);
  if (!parsed) return [];
  if (parsed.kind === 'unclear') return [asked(parsed.gaps, say)];
  try {
    const { text: words, plan } = (await turn.run('loan.trial', { ...parsed.request })) as {
      readonly text: string;
      readonly plan: unknown;
    };
    const name = `${say('trial.title')}.png`;
    // A message of its own: whatever becomes of the picture, the words arrive.
    const picture: MessageContent = { kind: 'picture', drawing: 'repayment_plan', data: plan, language, name };
    return [{ kind: 'text', text: words }, picture];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const faults = error.faults.map(({ message }) => say(message));
    const why = faults.length > 0 ? faults : [say(`error.${error.code}.title`)];
    return [{ kind: 'text', text: [...why, say('trial.missing.example')].join('\n') }];
  }
}

function asked(gaps: readonly string[], say: (key: string) => string): MessageContent {
  const lines = ['lead', ...gaps, 'example'].map((part) => say(`trial.missing.${part}`));
  return { kind: 'text', text: lines.join('\n') };
}
