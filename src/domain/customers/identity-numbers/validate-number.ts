/** The stateless check `POST /api/v1/validate/{kind}` (design §10): body in, answer out, no HTTP. */
import { z } from 'zod';
import type { BusinessDate } from '../../../lib/business-date.ts';
import type { Language, Texts } from '../../../lib/i18n.ts';
import { type MaskKind, mask } from '../../../lib/mask.ts';
import { parseBody } from '../../../lib/request-body.ts';
import { checkBankCard } from './bank-card.ts';
import { checkCompanyCode } from './company-code.ts';
import { checkIdCard } from './id-card.ts';
import { checkMobile } from './mobile.ts';
import type { NumberCheck, NumberPart } from './number-check.ts';
import { checkPlate } from './plate.ts';
import { checkVin } from './vin.ts';

/** The kinds of number, as they stand in the address. */
export const NUMBER_KINDS = ['idCard', 'uscc', 'bankCard', 'mobile', 'plate', 'vin'] as const;
/** One of {@link NUMBER_KINDS}. */
export type NumberKind = (typeof NUMBER_KINDS)[number];

const CHECKS: Readonly<Record<NumberKind, (text: string, today: BusinessDate) => NumberCheck>> = {
  idCard: checkIdCard,
  uscc: checkCompanyCode,
  bankCard: checkBankCard,
  mobile: checkMobile,
  plate: checkPlate,
  vin: checkVin,
};

const MASKS: Readonly<Record<NumberKind, MaskKind>> = {
  idCard: 'idCard',
  uscc: 'companyCode',
  bankCard: 'bankCard',
  mobile: 'mobile',
  plate: 'plate',
  vin: 'vin',
};

/** Checks one number of a kind as of `today`. */
export function checkNumber(kind: NumberKind, text: string, today: BusinessDate): NumberCheck {
  return CHECKS[kind](text, today);
}

/** The request body. Nothing that a person types as a number is longer than 200 characters. */
export const validateNumberRequest = z.strictObject({ value: z.string().max(200) });

/** The answer. `part` and `reason` say what is wrong; the number itself comes back masked only. */
export interface ValidateNumberResponse {
  readonly valid: boolean;
  readonly severity: 'ok' | 'warn' | 'error';
  readonly part?: NumberPart;
  readonly reason?: string;
  readonly masked: string;
}

/** What the check needs from its surroundings. */
export interface ValidateNumberContext {
  readonly today: BusinessDate;
  readonly texts: Texts;
  readonly language?: Language;
}

/**
 * Answers a validation request.
 * @throws AppError `request.invalid` for a body that is not `{ value }`.
 */
export function validateNumber(
  kind: NumberKind,
  body: unknown,
  context: ValidateNumberContext,
): ValidateNumberResponse {
  const language = context.language ?? 'zh-CN';
  const { value } = parseBody(validateNumberRequest, body, context);
  const check = checkNumber(kind, value, context.today);
  const masked = mask(MASKS[kind], check.normalised);
  if (check.valid) return { valid: true, severity: 'ok', masked };
  const reason = context.texts.translate(language, `identity.${kind}.${check.part}`, check.params);
  return { valid: false, severity: check.severity, part: check.part, reason, masked };
}
