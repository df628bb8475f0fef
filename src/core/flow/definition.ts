/**
 * What a flow file may contain. Three kinds: `conversation` (a form with slots and steps), `process` (nodes with people
 * and operations) and `schedule` (messages around a due date). Unknown keys are refused: a misspelt key that is quietly
 * ignored is worse than none. Meaning (does the step exist?) is checked in check.ts.
 */
import { z } from 'zod';

/** Version of this file format; part of every flow's hash. Old versions stay readable. */
const FORMAT_VERSION = 1;

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/u;
const IDENTIFIER = /^[a-z][A-Za-z0-9]*$/u;
const LOCALE_KEY = /^[a-z][a-zA-Z0-9]*(?:[._-][a-zA-Z0-9]+)+$/u;
const DURATION = /^[1-9]\d{0,3}[mhd]$/u;

const name = z.string().regex(NAME);
const identifier = z.string().regex(IDENTIFIER);
const textKey = z.string().regex(LOCALE_KEY);
const condition = z.string().min(1);
/** `30m`, `4h`, `3d`. */
const duration = z.string().regex(DURATION);
const yuan = z.string().regex(/^\d{1,13}\.\d{2}$/u);

/** A literal, or `$root.path` which is looked up when the step runs. Lists and nested records are allowed. */
export type Template = string | number | boolean | null | readonly Template[] | { readonly [key: string]: Template };
const template: z.ZodType<Template> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(template), z.record(z.string(), template)]),
);
const templates = z.record(identifier, template);

const branch = z.union([z.strictObject({ when: condition, go: name }), z.strictObject({ otherwise: name })]);
/** Where to go: one step, or conditions in order with a mandatory `otherwise`. */
const route = z.union([name, z.array(branch)]);

/** The slot types; each has a parser in core/conversation/understand. */
export const SLOT_TYPES = [
  'money',
  'phone',
  'person-name',
  'identity-number',
  'place',
  'district',
  'date',
  'term',
  'purpose',
  'licence-name',
  'text',
  'integer',
  'yes-no',
  'consent',
  'choice',
] as const;
/** One of {@link SLOT_TYPES}. */
export type SlotType = (typeof SLOT_TYPES)[number];

/** One piece of information a form collects. */
const slotSchema = z.strictObject({
  type: z.enum(SLOT_TYPES),
  label: textKey,
  ask: textKey.optional(),
  /** The understanding's fact that fills it; the slot's own name unless said. */
  fact: identifier.optional(),
  required: z.boolean().default(true),
  /** Needed only when this holds; while its facts are missing, it does not. */
  when: condition.optional(),
  /** Slots whose change makes this one invalid. */
  dependsOn: z.array(identifier).default([]),
  /** Never overwritten by passing text: the person is asked first. */
  guarded: z.boolean().default(false),
  /** Personal data: stored as a reference, shown masked. */
  personal: z.boolean().default(false),
  min: z.union([yuan, z.number()]).optional(),
  max: z.union([yuan, z.number()]).optional(),
  maxLength: z.number().int().positive().max(1000).optional(),
  /** For `money`: the sum of a month or of a year; what is said of another period is converted. */
  per: z.enum(['month', 'year']).optional(),
  /** Words people use for it in corrections (金额改成50万). */
  words: z.array(z.string().min(1)).default([]),
  /** For `choice`: value → label key and words. A list after parsing: canonical JSON sorts the keys of a record. */
  options: z
    .record(identifier, z.strictObject({ label: textKey, words: z.array(z.string().min(1)).default([]) }))
    .transform((options) => Object.entries(options).map(([value, option]) => ({ value, ...option })))
    .optional(),
});

const operationCall = {
  do: z.string().regex(/^[a-z][a-zA-Z-]*\.[a-z][a-zA-Z]*$/u),
  with: templates.default({}),
  as: identifier.optional(),
};
const listing = z.strictObject({ of: z.string(), line: textKey, empty: textKey.optional() });
const saying = {
  with: templates.default({}),
  list: listing.optional(),
  /** Show the slots as a card's fields: all of them, or these in this order. */
  card: z.union([z.boolean(), z.array(identifier).min(1)]).default(false),
};

const choice = z.strictObject({
  verb: identifier,
  label: textKey,
  words: z.array(z.string().min(1)).default([]),
  go: name,
});

/** The step kinds of a conversation; the first key that is present names the kind. */
export const stepSchemas = {
  collect: z.strictObject({
    collect: z.array(identifier).min(1),
    /** Called with what has just been learned. */
    changed: z.strictObject({ ...operationCall, next: z.array(branch).optional(), failed: name.optional() }).optional(),
    go: route,
  }),
  do: z.strictObject({
    ...operationCall,
    /** A record (`$row.facts`) that from now on is what the slots hold; whatever it lacks is asked for again. */
    slotsFrom: z.string().optional(),
    go: route,
    failed: name.optional(),
  }),
  say: z.strictObject({
    say: textKey,
    ...saying,
    /** Said even while a person has the word and the bot keeps quiet. */
    aloud: z.literal(true).optional(),
    /** Whose the files are that a colleague sends next, whatever form is open: `$page.number`. */
    files: z.string().optional(),
    go: route,
  }),
  ask: z.strictObject({
    ask: textKey,
    ...saying,
    /** `false`: nobody is reminded of this question; unanswered it goes away without a word. */
    remind: z.literal(false).optional(),
    /**
     * This question comes before the form (a consent): nothing that is typed meanwhile is noted. What is said instead; the
     * question is asked again.
     */
    instead: textKey.optional(),
    choices: z.array(choice).optional(),
    /** One choice for each row of a result. */
    pick: z.strictObject({ of: z.string(), value: identifier, line: textKey, as: identifier, go: name }).optional(),
    /** Ask for the person's own phone contact (Telegram). */
    contact: z.strictObject({ label: textKey, go: name }).optional(),
  }),
  confirm: z.strictObject({
    confirm: textKey,
    slots: z.array(identifier).min(1),
    ...saying,
    yes: name,
    no: name,
  }),
  route: z.strictObject({ route: z.array(branch) }),
  call: z.strictObject({ call: name, with: templates.default({}), go: route }),
  control: z.strictObject({
    control: z.enum(['cancel', 'later', 'shelve', 'stop', 'skip', 'back', 'restart', 'resume', 'handover', 'revive']),
  }),
  end: z.strictObject({ end: z.string().min(1) }),
} as const;

/** What a step of a conversation does. */
export type StepKind = keyof typeof stepSchemas;
/** All step kinds, in the order they are looked for. */
export const STEP_KINDS = Object.keys(stepSchemas) as readonly StepKind[];

/** Commands a conversation may begin with; the words for them are in core/conversation. */
export const COMMAND_NAMES = [
  'customer',
  'my-customers',
  'tasks',
  'finish',
  'reopen',
  'approvals',
  'repayment',
  'help',
  'submit',
  'upload',
  'invite',
  'reassign',
  'continue',
  'cancel',
  'skip',
  'back',
  'restart',
  'human',
  'hand-back',
  'language',
] as const;
/** One of {@link COMMAND_NAMES}. */
export type CommandName = (typeof COMMAND_NAMES)[number];
/** What customers say in their own words that wants its own answer; the patterns are in core/conversation. */
export const INTENTS = [
  'agree',
  'withdraw-consent',
  'erase',
  'complaint',
  'disputed',
  'contact-limit',
  'call-limit',
  'wrong-person',
  'no-advertising',
  'human',
  'machine',
  'full-number',
  'callback',
  'new-phone',
  'defer',
  'settle-early',
  'paid',
  'refused',
  'whose-repayment',
  'whose-customer',
  'bill',
  'outcome',
  'progress',
  'documents',
  'question',
  'other-amount',
  'adviser',
  'give-up',
] as const;
/** The name of such a matter. */
export type Intent = (typeof INTENTS)[number];

/** What a repair flow answers to; `no-form`: something is to be changed, and no form is open. */
const REPAIRS = ['correct', 'no-form', 'timeout', 'cannot-handle'] as const;

const starter = z.strictObject({
  /** A message begins with one of them; a greeting before it does not count. */
  words: z.array(z.string().min(1)).optional(),
  /** With `words`: only when the message is nothing but one of them. */
  whole: z.literal(true).optional(),
  facts: z.array(identifier).min(1).optional(),
  /** With `facts`: only when the message says as well that somebody wants to borrow (要贷款). */
  wish: z.literal(true).optional(),
  command: z.enum(COMMAND_NAMES).optional(),
  intent: z.enum(INTENTS).optional(),
  event: z.enum(['link', 'contact', 'media', 'opened']).optional(),
  repair: z.enum(REPAIRS).optional(),
  /** Heard while a person has the word: words only then, as the whole message or a plain sentence to the same effect; an intent then too. */
  silenced: z.literal(true).optional(),
  /** Begin here instead of at the flow's first step. */
  at: name.optional(),
});

/** A flow of kind `conversation`, before its steps are looked at one by one. */
export const conversationSchema = z.strictObject({
  flow: name,
  kind: z.literal('conversation'),
  formatVersion: z.literal(FORMAT_VERSION).default(FORMAT_VERSION),
  title: textKey,
  audience: z.enum(['staff', 'customer', 'anyone']),
  /** A look-up: its open question is dropped as soon as something else is said. */
  transient: z.boolean().default(false),
  /** Values another flow passes in when it calls this one; a record `slots` fills slots. */
  inputs: z.array(identifier).default([]),
  begin: z.array(starter).default([]),
  first: name,
  /** Where 重来 goes; the first step unless said. */
  restart: name.optional(),
  /** Where a form looks at what is on file before it has the word again: after a look-up, with 继续, on an old button. */
  resume: name.optional(),
  /**
   * Where its open questions go, all at once, instead of being put aside for 继续. Each is given `together.last`, true for the
   * one asked first, which comes last and speaks for all, and `together.count`: what the operations of all so far say they have
   * done (`count`). The same holds where one sentence picks for all of a customer's questions (都是身份证).
   */
  aside: name.optional(),
  /** Silence: a reminder, then the draft is put aside by the repair flow `timeout`. */
  idle: z.strictObject({ remindAfter: duration, remind: textKey, expireAfter: duration }).optional(),
  slots: z.record(identifier, slotSchema).default({}),
  steps: z.record(name, z.record(z.string(), z.unknown())),
});

/** Said `times` times, `every` so often; then the role under `escalate` hears of it, once, and there is silence. */
const reminder = z.strictObject({
  every: duration,
  times: z.number().int().min(1).max(10),
  text: textKey,
  escalate: z.strictObject({ role: name, text: textKey }).optional(),
});
const timeout = z.strictObject({ after: duration, go: name });

/** The node kinds of a process. */
export const nodeSchemas = {
  approval: z.strictObject({
    approval: z.strictObject({
      title: textKey,
      policy: z.enum(['any', 'all']),
      role: name.optional(),
      /** Fewest people the role must give; fewer counts as empty. */
      count: z.number().int().min(1).max(20).default(1),
      /** The node applies only when this holds; a missing fact means that it applies. */
      when: condition.optional(),
      /** There is no passing by default: nobody to ask means stop and alarm. */
      empty: z.literal('stop'),
      verbs: z.array(z.enum(['approve', 'reject', 'return', 'hand-over'])).min(1),
      card: z.array(identifier).default([]),
      remind: reminder.optional(),
    }),
    approved: name,
    rejected: name,
    returned: name.optional(),
    recalled: name.optional(),
    timeout: timeout.optional(),
  }),
  decide: z.strictObject({ decide: z.array(branch) }),
  do: z.strictObject({ ...operationCall, go: name, failed: name.optional() }),
  notify: z.strictObject({ notify: textKey, to: z.string().min(1), with: templates.default({}), go: name }),
  wait: z.strictObject({
    wait: z.strictObject({ title: textKey, remind: reminder.optional() }),
    /**
     * Signal → node, or `$returner`: straight back to the node that returned the case. With other terms than those agreed to the
     * case goes to the flow's start, whatever stands here.
     */
    on: z.record(identifier, z.union([name, z.literal('$returner')])),
    timeout: timeout.optional(),
  }),
  timer: z.strictObject({ timer: duration, go: name }),
  end: z.strictObject({ end: z.string().min(1) }),
} as const;

/** What a node of a process does. */
export type NodeKind = keyof typeof nodeSchemas;
/** All node kinds, in the order they are looked for. */
export const NODE_KINDS = Object.keys(nodeSchemas) as readonly NodeKind[];

/** A flow of kind `process`. */
export const processSchema = z.strictObject({
  flow: name,
  kind: z.literal('process'),
  formatVersion: z.literal(FORMAT_VERSION).default(FORMAT_VERSION),
  title: textKey,
  facts: z.record(identifier, z.enum(['text', 'money', 'number', 'boolean', 'date'])),
  start: name,
  nodes: z.record(name, z.record(z.string(), z.unknown())),
});

const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/u);

/** The earliest a stage may come, in days from the due date. */
export const EARLIEST_DAY = -60;

/** A flow of kind `schedule`: messages at set days around a due date. */
export const scheduleSchema = z.strictObject({
  flow: name,
  kind: z.literal('schedule'),
  formatVersion: z.literal(FORMAT_VERSION).default(FORMAT_VERSION),
  title: textKey,
  anchor: z.literal('dueOn'),
  purpose: z.literal('reminder'),
  /** Wall clock of the customer's zone; no stage is planned outside, and what is late does not leave outside. */
  window: z.strictObject({ from: clockTime, to: clockTime }),
  /** Sends are spread over so many minutes after the stage's time. */
  spreadMinutes: z.number().int().min(0).max(600).default(0),
  stopWhen: z.literal('paid'),
  stages: z
    .array(
      z.strictObject({
        name: identifier,
        day: z.number().int().min(EARLIEST_DAY).max(365),
        at: clockTime,
        text: textKey,
      }),
    )
    .min(1),
});

/** A slot as parsed, defaults filled in. */
export type SlotDefinition = z.output<typeof slotSchema>;
/** One way out: under a condition, or the default. */
export type Branch = z.output<typeof branch>;
/** Where to go: a step, or branches in order. */
export type Route = z.output<typeof route>;
/** What makes a conversation begin. */
export type Starter = z.output<typeof starter>;
/** Rows of a result, one line each. */
export type Listing = z.output<typeof listing>;
/** A step of one kind. */
export type StepOf<K extends StepKind> = z.output<(typeof stepSchemas)[K]> & { readonly kind: K };
/** Any step. */
export type Step = { readonly [K in StepKind]: StepOf<K> }[StepKind];
/** A node of one kind. */
export type NodeOf<K extends NodeKind> = z.output<(typeof nodeSchemas)[K]> & { readonly kind: K };
/** Any node. */
export type ProcessNode = { readonly [K in NodeKind]: NodeOf<K> }[NodeKind];

/** A conversation as parsed. */
export type ConversationDefinition = Omit<z.output<typeof conversationSchema>, 'steps'> & {
  readonly steps: Readonly<Record<string, Step>>;
  /** Slots and steps in the order of the file, which canonical JSON would lose. */
  readonly order: { readonly slots: readonly string[]; readonly steps: readonly string[] };
};
/** A process as parsed. */
export type ProcessDefinition = Omit<z.output<typeof processSchema>, 'nodes'> & {
  readonly nodes: Readonly<Record<string, ProcessNode>>;
};
/** A schedule as parsed. */
export type ScheduleDefinition = z.output<typeof scheduleSchema>;
/** Any flow as parsed: plain JSON, defaults filled in. */
export type FlowDefinition = ConversationDefinition | ProcessDefinition | ScheduleDefinition;

const UNITS: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1440 };

/** Minutes of `30m`, `4h`, `3d`. @throws RangeError for anything else; the schema has refused it before. */
export function durationMinutes(text: string): number {
  const unit = UNITS[text.slice(-1)];
  if (!DURATION.test(text) || unit === undefined) throw new RangeError(`not a duration: ${text}`);
  return Number(text.slice(0, -1)) * unit;
}
