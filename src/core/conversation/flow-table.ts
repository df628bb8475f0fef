/** The flows a process has in memory: every version somebody is still in, and the current one of each name. */
import { textOf, type CompiledConversation, type CompiledFlow } from '../flow/index.ts';
import type { FlowTable, Start } from './protocol.ts';
import { withoutGreeting } from './small-talk.ts';
import { toSimplified } from './understand/index.ts';

/**
 * Builds the table. `flows` are all loaded versions; `current` names, per flow, the version new frames get (without
 * it the last one in `flows`). Audiences see flows in the order given.
 */
export function buildFlowTable(flows: readonly CompiledFlow[], current?: ReadonlyMap<string, string>): FlowTable {
  const conversations = flows.filter((flow): flow is CompiledConversation => flow.kind === 'conversation');
  const byVersion = new Map(conversations.map((flow) => [flow.version, flow])); // a version is a hash over the name too
  const newest = new Map<string, CompiledConversation>();
  for (const flow of conversations) {
    const wanted = current?.get(flow.name);
    if (wanted === undefined || wanted === flow.version) newest.set(flow.name, flow);
  }
  const audiences = new Map(
    (['staff', 'customer'] as const).map((audience) => [audience, forAudience([...newest.values()], audience)]),
  );
  const words = new Map([...audiences].map(([audience, list]) => [audience, startingWords(list)]));
  return {
    startingWith: (audience, text) => {
      const plain = toSimplified(text).trim().toLowerCase();
      const begins = (said: string): Start | undefined =>
        words
          .get(audience)
          ?.get(said.slice(0, 1))
          ?.find((entry) => isBegunBy(said, entry))?.start;
      return begins(plain) ?? begins(withoutGreeting(plain));
    },
    get: (name, version) => (version === undefined ? newest.get(name) : byVersion.get(version)),
    textOf: (version, key) => textOf(byVersion.get(version ?? ''), key),
    current: (audience) => audiences.get(audience) ?? [],
  };
}

function forAudience(
  flows: readonly CompiledConversation[],
  audience: 'staff' | 'customer',
): readonly CompiledConversation[] {
  return flows.filter((flow) => flow.definition.audience === audience || flow.definition.audience === 'anyone');
}

interface StartingWord {
  readonly word: string;
  readonly isWhole: boolean;
  readonly start: Start;
}

/** 你好 in the middle of a sentence begins nothing, nor the hi of history. */
function isBegunBy(said: string, { word, isWhole }: StartingWord): boolean {
  if (isWhole) return said.replace(/[\s。.!！~～,，?？]+$/u, '') === word;
  return said.startsWith(word) && !/^[a-z][a-z]/u.test(word.slice(-1) + said.slice(word.length));
}

/** By first character, longest word first: most messages begin with none of them and are done after one look. */
function startingWords(flows: readonly CompiledConversation[]): ReadonlyMap<string, readonly StartingWord[]> {
  const all = flows.flatMap((flow) =>
    flow.definition.begin.flatMap(({ words, whole, at, silenced }) =>
      (silenced === true ? [] : (words ?? [])).map((word) => ({
        word: word.toLowerCase(),
        isWhole: whole === true,
        start: { flow: flow.name, ...(at === undefined ? {} : { at }) },
      })),
    ),
  );
  const byCharacter = new Map<string, StartingWord[]>();
  for (const entry of all.sort((a, b) => b.word.length - a.word.length)) {
    const first = entry.word.slice(0, 1);
    byCharacter.set(first, [...(byCharacter.get(first) ?? []), entry]);
  }
  return byCharacter;
}
