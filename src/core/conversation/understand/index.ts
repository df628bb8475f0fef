/**
 * Understanding: from what a person typed to typed facts. Deterministic patterns only; each fact carries the piece of
 * text it came from and how sure the pattern is, what is ambiguous or wrong is reported apart, and what is not clear
 * stays empty. Nothing here acts, asks or remembers. Measured on `test/fixtures/understanding/*.yaml`.
 */
export { isDenial, limitProblem, parseAnswer, withinLimits, type AnswerType } from './answer.ts';
export {
  CERTAIN,
  FACT_NAMES,
  MONEY_FACT_NAMES,
  PROBABLE,
  type Fact,
  type FactName,
  type FactValue,
  type Problem,
} from './fact.ts';
export { partCustomers, whoIs, type Heard } from './customers.ts';
export { parseIdentityNumber } from './identity.ts';
export { findMoney } from './money-mention.ts';
export { findMoneyRanges } from './money-range.ts';
export { toSimplified } from './normalise.ts';
export { parsePhone } from './phone.ts';
export { hasKnownDistricts, parseDistrict } from './place.ts';
export { PURPOSE_CODES } from './purpose.ts';
export { isCourtesy, isGreeting, isYesToWhatIsShown, parseReply, type Reply } from './reply.ts';
export { wantsToBorrow } from './wish.ts';
export { factRecord, MAX_TEXT_LENGTH, understandLead, type Ambiguity, type Understanding } from './understand.ts';
