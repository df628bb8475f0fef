/**
 * Flows are data: YAML files that a credit manager can read, checked (schema and meaning, with line and cure),
 * normalised, hashed and compiled to a table in memory. Three kinds: `conversation` (run by core/conversation),
 * `process` (run by `stepProcess`) and `schedule` (planned by `planStages`). This room is pure: whoever calls it reads
 * the files, stores versions and instances, calls operations and keeps timers.
 *
 *   loadFlow(text, file, catalogue) → findings, or a version     compileFlow(normalised, version) → table
 *   stepProcess(flow, state, event) → { state, effects }         planStages(stageTimes(flow), dueOn, options) → stages
 */
export type { FlowCatalogue } from './catalogue.ts';
export {
  ask,
  compileFlow,
  follow,
  textOf,
  type CompiledConversation,
  type CompiledFlow,
  type CompiledProcess,
  type CompiledSchedule,
} from './compile.ts';
export {
  durationMinutes,
  EARLIEST_DAY,
  type CommandName,
  type Intent,
  type Listing,
  type SlotType,
  type Starter,
  type Step,
  type StepOf,
  type Template,
} from './definition.ts';
export type { Finding } from './finding.ts';
export { loadFlow, readPublished, type LoadedFlow } from './load.ts';
export { startProcess, stepProcess } from './process.ts';
export { STOPS, type ProcessEffect, type ProcessEvent, type ProcessState } from './process-state.ts';
export { hoursOf, planStages, stageTimes, type StageTime } from './schedule.ts';
export { resolveTemplate } from './template.ts';
