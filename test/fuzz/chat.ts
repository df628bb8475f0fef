/** Long fuzz of what people type to the bot. `npx tsx test/fuzz/chat.ts [seconds]`; `npm run fuzz` runs it with the others. */
import * as fc from 'fast-check';
import { parseTrial, readMessage } from '../../src/core/conversation/index.ts';
import { businessDate } from '../../src/lib/business-date.ts';
import { damaged } from './damage.ts';
import { type FuzzTarget, runFromCommandLine } from './target.ts';

const SENTENCES = [
  '新客户 何女士 13800006612 想贷30万周转，在南山有套房还有按揭',
  '试算 30万 36期 6% 等额本息 服务费 3%',
  '/trial 300000 36 6% equal',
  '金额改成50万',
  '客户 13800006612',
];
const TODAY = businessDate('2026-11-30');
const said = fc.oneof(fc.constantFrom(...SENTENCES).chain(damaged), fc.string({ unit: 'binary', maxLength: 300 }));

export const chatTargets: readonly FuzzTarget[] = [
  { name: 'a trial in one line', property: fc.property(said, (text) => void parseTrial(text)) },
  { name: 'any message', property: fc.property(said, (text) => void readMessage(text, TODAY)) },
];

await runFromCommandLine(import.meta.url, chatTargets);
