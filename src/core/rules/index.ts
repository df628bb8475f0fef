/** Decision tables, free conditions, risk policies and scorecards. Pure; the only files read are the installed policies. */
export { analyseTable, type TableFinding } from './analyse.ts';
export { compileCondition, type Condition, type ConditionFacts, type ConditionResult } from './cel.ts';
export { formatCell, parseCell, type ParsedCell } from './cell.ts';
export { checkTable } from './check.ts';
export {
  type CompiledTable,
  type CompileResult,
  compileTable,
  type MissingFact,
  ROW,
  type TableResult,
  tableVersion,
} from './compile.ts';
export { decide, type RiskDecision, type RiskPolicy, withHitPolicy } from './decide.ts';
export { readWorkbook, type SheetFault, type WorkbookResult } from './excel.ts';
export { writeWorkbook } from './excel-write.ts';
export { creditLimit, limitFacts, type LimitRule } from './limit.ts';
export type {
  Cell,
  DecisionTable,
  FactColumn,
  FactType,
  HitPolicy,
  Literal,
  Operator,
  OutputColumn,
  TableFault,
  TableRow,
} from './model.ts';
export { installedRiskPolicy, parseRiskPolicy, POLICY_NAMES, type PolicyName } from './policy-store.ts';
export { type Action, ACTIONS, isAction, readRuleList, type RuleListResult } from './rule-list.ts';
export { type DecisionContext, decisionRequest, type DecisionResponse, runDecision } from './run-decision.ts';
export {
  attributePoints,
  basePoints,
  type BinCount,
  DEFAULT_SCALE,
  informationValue,
  kolmogorovSmirnov,
  populationStability,
  roundPoints,
  scaleFactors,
  type Score,
  type Scorecard,
  scoreOf,
  type ScoreScale,
  weightsOfEvidence,
} from './scorecard.ts';
export { formatTableFile, parseTableFile } from './table-file.ts';
