import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  buildFlowTable,
  parseDialogueFile,
  present,
  runDialogue,
  runPlan,
  runProcessCase,
  type ConversationEffect,
} from '../../../../src/core/conversation/index.ts';
import { flowsFolder, houseFlows, texts } from './house.ts';

const flows = houseFlows();
const compiled = flows.map((flow) => flow.compiled);
const table = buildFlowTable(compiled);
const files = readdirSync(flowsFolder).filter((name) => name.endsWith('.test.yaml'));

/** Whatever the bot says must have words in both languages, as the flow is published with them. */
function renderBoth(effect: ConversationEffect): void {
  if (effect.kind !== 'say' && effect.kind !== 'diff') return;
  if (effect.kind === 'say' && effect.key.startsWith('error.')) return;
  for (const language of ['zh-CN', 'en'] as const) {
    const shown = present(effect, table, (text, params) => texts.translate(language, text, params));
    expect(shown.text).not.toMatch(/undefined|NaN|\[object/u);
    for (const choice of shown.choices) expect(choice.label).not.toBe('');
  }
}

test('every kind of flow on the road has dialogue tests beside it', () => {
  expect(files).toEqual(
    expect.arrayContaining(
      ['lead-intake', 'document-collection', 'loan-approval', 'repayment-reminder', 'customer-intake'].map(
        (name) => `${name}.test.yaml`,
      ),
    ),
  );
});

for (const file of files) {
  const content = parseDialogueFile(readFileSync(path.join(flowsFolder, file), 'utf8'));
  const flow = compiled.find((candidate) => candidate.name === content.flow);

  describe(file, () => {
    for (const dialogue of content.dialogues) {
      test(dialogue.name, () => {
        expect(runDialogue(dialogue, compiled, {}, renderBoth).failures).toEqual([]);
      });
    }
    for (const processCase of content.cases) {
      test(processCase.name, () => {
        if (flow?.kind !== 'process') throw new Error(`${content.flow} is no process`);
        expect(runProcessCase(processCase, flow).failures).toEqual([]);
      });
    }
    for (const plan of content.plans) {
      test(plan.name, () => {
        if (flow?.kind !== 'schedule') throw new Error(`${content.flow} is no schedule`);
        expect(runPlan(plan, flow).failures).toEqual([]);
      });
    }
  });
}
