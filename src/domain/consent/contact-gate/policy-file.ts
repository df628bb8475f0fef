/** Reads policy rows from YAML text (`flows/contact-policy/*.yaml`). Pure: whoever has the file passes its text. */
import { z } from 'zod';
import { type BusinessDate, parseBusinessDate } from '../../../lib/business-date.ts';
import { type FileResult, parseYamlFile } from '../../../lib/yaml-file.ts';
import { PARAM_NAMES, type PolicyParams, type PolicyRow, RULE_IDS } from './policy.ts';

/** A policy file's layer and rows. */
export interface PolicyFile {
  readonly layer: 'statutory' | 'company';
  readonly rows: readonly PolicyRow[];
}

const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$/u;

/** "22:00" or "22:00:00" as seconds of the day. */
const clockTime = z
  .string()
  .regex(CLOCK)
  .transform((text) => {
    const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
    return hours * 3600 + minutes * 60 + seconds;
  });

const count = z.int().min(0).max(10_000).optional();

/** The parameters as people write them, in files and in requests. */
export const policyParams = z
  .strictObject({
    quietFrom: clockTime.optional(),
    quietTo: clockTime.optional(),
    marketingFrom: clockTime.optional(),
    marketingTo: clockTime.optional(),
    maxEffectiveCallsPerDebtorPerDay: count,
    maxUnansweredPerNumberPerDay: count,
    maxTextsPerDay: count,
    minTextGapHours: z.number().min(0).max(168).optional(),
    maxTouchesPerDay: count,
    maxMarketingPerDay: count,
    maxMarketingPerWeek: count,
  })
  .transform((given): PolicyParams => {
    const set: Partial<Record<keyof PolicyParams, number>> = {};
    for (const name of PARAM_NAMES) {
      const value = given[name];
      if (value !== undefined) set[name] = value;
    }
    return set;
  });

const date = z.string().transform((text, context): BusinessDate => {
  const parsed = parseBusinessDate(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'not a calendar date (YYYY-MM-DD)' });
  return z.NEVER;
});

const row = z
  .strictObject({
    rule: z.enum(RULE_IDS),
    from: date,
    until: date.optional(),
    basis: z.enum(['law', 'standard', 'house']),
    source: z.string().min(1).max(300),
    set: policyParams.default({}),
  })
  .transform(({ until, ...rest }): PolicyRow => (until === undefined ? rest : { ...rest, until }));

const file = z
  .strictObject({
    formatVersion: z.literal(1),
    layer: z.enum(['statutory', 'company']),
    rows: z.array(row).min(1).max(1000),
  })
  .transform(({ layer, rows }): PolicyFile => ({ layer, rows }));

/** Reads a policy file. Whether the rows loosen anything is asked later, of both layers together (`buildPolicies`). */
export function parsePolicyFile(text: string): FileResult<PolicyFile> {
  return parseYamlFile(text, file);
}
