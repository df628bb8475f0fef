/** The stateless calculators in the OpenAPI document: schemas, and the reference's cases as examples with their answers. */
import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { decisionRequest, runDecision } from '../../core/rules/run-decision.ts';
import { checkContactGate, contactGateRequest } from '../../domain/consent/contact-gate/index.ts';
import { NUMBER_KINDS, validateNumber, validateNumberRequest } from '../../domain/customers/identity-numbers/index.ts';
import { calcAllocate, calcApr, calcDpd, calcPrepay, calcSchedule } from '../../domain/repayments/index.ts';
import { businessDate } from '../../lib/business-date.ts';
import type { Texts } from '../../lib/i18n.ts';
import { REMARKS } from '../../lib/request-body.ts';
import {
  ALLOCATE_EXAMPLES,
  aprExamples,
  CONTACT_EXAMPLES,
  DECISION_EXAMPLES,
  dpdExamples,
  PREPAY_EXAMPLES,
  SCHEDULE_EXAMPLES,
  VALIDATE_EXAMPLES,
  type Examples,
} from './examples.ts';
import { ARITHMETIC_SCHEMAS, contactResponse, decisionResponse, validateResponse, type Schema } from './schemas.ts';

/** One calculator as the document shows it. */
interface Described {
  /** Under `/api/v1`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly request: Schema;
  readonly response: Schema;
  readonly examples: Examples;
  readonly calculate: (body: unknown) => unknown;
}

/** Examples of identity cards are judged as of this day, so that the document is the same tomorrow. */
const EXAMPLE_DAY = businessDate('2026-11-30');

/** Adds the calculators to the document. `problem` is the schema of a refusal. */
export function registerCalculators(openapi: OpenAPIRegistry, texts: Texts, problem: z.ZodType): void {
  for (const calculator of described(texts)) {
    const { path, summary, description, request, response, examples, calculate } = calculator;
    const answers = Object.entries(examples).map(([name, example]) => [
      name,
      { summary: example.summary, value: calculate(example.value) },
    ]);
    openapi.registerPath({
      method: 'post',
      path,
      operationId: path.slice(1).replaceAll('/', '.'),
      summary,
      ...(description === undefined ? {} : { description }),
      tags: ['calculators'],
      request: {
        body: { required: true, content: { 'application/json': { schema: request, examples: { ...examples } } } },
      },
      responses: {
        200: {
          description: 'The answer',
          content: { 'application/json': { schema: response, examples: Object.fromEntries(answers) } },
        },
        default: { description: 'A refusal', content: { 'application/problem+json': { schema: problem } } },
      },
    });
  }
}

function described(texts: Texts): readonly Described[] {
  return [...arithmetic(), ...validations(texts), ...gates(texts)];
}

function arithmetic(): readonly Described[] {
  const { schedule, apr, allocate, dpd, prepay } = ARITHMETIC_SCHEMAS;
  return [
    {
      path: '/calc/schedule',
      summary: 'The repayment schedule of a loan',
      ...schedule,
      examples: SCHEDULE_EXAMPLES,
      calculate: (body) => calcSchedule(body),
    },
    {
      path: '/calc/apr',
      summary: 'What a loan costs per year, all fees counted',
      ...apr,
      examples: aprExamples(),
      calculate: calcApr,
    },
    {
      path: '/calc/allocate',
      summary: 'Which debts a payment settles',
      ...allocate,
      examples: ALLOCATE_EXAMPLES,
      calculate: calcAllocate,
    },
    {
      path: '/calc/dpd',
      summary: 'Days past due and bucket on a date',
      ...dpd,
      examples: dpdExamples(),
      calculate: calcDpd,
    },
    {
      path: '/calc/prepay',
      summary: 'What settles a loan on a day, or the plan after a part is paid early',
      ...prepay,
      examples: PREPAY_EXAMPLES,
      calculate: (body) => calcPrepay(body),
    },
  ];
}

function validations(texts: Texts): readonly Described[] {
  return NUMBER_KINDS.map((kind) => ({
    path: `/validate/${kind}`,
    summary: `Checks a number: ${NUMBER_TITLES[kind]}`,
    request: schemaOf(validateNumberRequest),
    response: validateResponse,
    examples: VALIDATE_EXAMPLES[kind] ?? {},
    calculate: (body) => validateNumber(kind, body, { today: EXAMPLE_DAY, texts }),
  }));
}

const NUMBER_TITLES = {
  idCard: 'resident identity card (居民身份证)',
  uscc: 'unified social credit code (统一社会信用代码)',
  bankCard: 'bank card (银行卡)',
  mobile: 'mobile phone (手机号)',
  plate: 'licence plate (车牌)',
  vin: 'vehicle identification number (车架号)',
} as const;

function gates(texts: Texts): readonly Described[] {
  return [
    {
      path: '/decisions/run',
      summary: 'Runs a decision table over facts; an absent fact is at least REVIEW',
      description:
        'Money in facts and limits is whole yuan. Operators of a table: == != < <= > >= in nin in[] in[) in(] in() out.',
      request: schemaOf(decisionRequest),
      response: decisionResponse,
      examples: DECISION_EXAMPLES,
      calculate: (body) => runDecision(body, { texts }),
    },
    {
      path: '/contact-gate/check',
      summary: 'Whether a person may be contacted now, and if not, when',
      description:
        'Judged by the statutory layer, tightened by `params`. channel: voice, ai, phone, call, sms, mms, im, email, wecom, kf, wechat, telegram, slack, push, text, visit, letter. role: debtor, guarantor, contact, stranger, and the usual words for them. What is absent is the lawful neutral.',
      request: schemaOf(contactGateRequest),
      response: contactResponse,
      examples: CONTACT_EXAMPLES,
      calculate: (body) => checkContactGate(body, { texts }),
    },
  ];
}

/** The schema of a request as it is sent, with the remarks that every calculator takes. */
function schemaOf(request: z.ZodType): Schema {
  const { $schema: _, properties, ...schema } = z.toJSONSchema(request, { io: 'input', unrepresentable: 'any' });
  return { ...schema, properties: { ...properties, ...Object.fromEntries([...REMARKS].map((name) => [name, {}])) } };
}
