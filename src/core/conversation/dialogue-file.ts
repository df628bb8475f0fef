/** The format of `flows/<name>.test.yaml`: dialogues, cases of processes, plans of schedules. */
import { parse } from 'yaml';
import { z } from 'zod';
import { parseBusinessDate } from '../../lib/business-date.ts';

const record = z.record(z.string(), z.unknown());

const callSchema = z.strictObject({
  do: z.string(),
  /** What the input must contain. */
  with: record.optional(),
  returns: record.optional(),
  refuses: z.string().optional(),
});

const turnSchema = z.strictObject({
  say: z.string().optional(),
  choose: z.string().optional(),
  value: z.string().optional(),
  /** Press a button of the question before the last one. */
  stale: z.boolean().optional(),
  media: z.array(z.record(z.string(), z.string())).optional(),
  link: z.string().optional(),
  contact: z.strictObject({ phone: z.string(), own: z.boolean() }).optional(),
  silence: z.enum(['remind', 'expire']).optional(),
  opened: z.boolean().optional(),
  handback: z.boolean().optional(),
  calls: z.array(callSchema).default([]),
  /** Locale keys of everything the bot says, in order; a change shown as old → new is `conversation.changed`. */
  bot: z.array(z.string()).optional(),
  choices: z.array(z.string()).optional(),
  slots: record.optional(),
  confirmed: z.array(z.string()).optional(),
  empty: z.array(z.string()).optional(),
  /** The flow that has the word, '' when nothing is open. */
  flow: z.string().optional(),
  step: z.string().optional(),
  depth: z.number().optional(),
  handedOver: z.boolean().optional(),
});

const dialogueSchema = z.strictObject({
  name: z.string(),
  audience: z.enum(['staff', 'customer']),
  today: z.string().refine((text) => parseBusinessDate(text) !== undefined),
  talk: z.array(turnSchema).min(1),
});

const caseSchema = z.strictObject({
  name: z.string(),
  facts: record,
  events: z
    .array(
      z.strictObject({
        start: z.boolean().optional(),
        done: record.optional(),
        failed: z.string().optional(),
        decided: z.enum(['approved', 'rejected', 'returned', 'recalled']).optional(),
        by: z.string().optional(),
        reason: z.string().optional(),
        signal: z.string().optional(),
        /** The signal brings other terms than those agreed to. */
        anew: z.boolean().optional(),
        facts: record.optional(),
        timer: z.enum(['remind', 'timeout']).optional(),
        retry: z.boolean().optional(),
        /** The event belongs to an earlier wait. */
        stale: z.boolean().optional(),
        effects: z.array(record).optional(),
        node: z.string().optional(),
        status: z.string().optional(),
        outcome: z.string().optional(),
      }),
    )
    .min(1),
});

const planSchema = z.strictObject({
  name: z.string(),
  due: z.string(),
  zone: z.string(),
  spread: z.number().default(0),
  stages: z.array(z.tuple([z.string(), z.string()])),
});

const fileSchema = z.strictObject({
  flow: z.string(),
  dialogues: z.array(dialogueSchema).default([]),
  cases: z.array(caseSchema).default([]),
  plans: z.array(planSchema).default([]),
});

/** A whole test file. */
export type DialogueFile = z.output<typeof fileSchema>;
/** One dialogue: who talks, on which day, turn by turn. */
export type DialogueTest = z.output<typeof dialogueSchema>;
/** One case of a process, event by event. */
export type ProcessCase = z.output<typeof caseSchema>;
/** The expected stages of one due date. */
export type PlanTest = z.output<typeof planSchema>;
/** Reads a test file. @throws z.ZodError or a YAML error when it is not one. */
export function parseDialogueFile(text: string): DialogueFile {
  return fileSchema.parse(parse(text));
}
