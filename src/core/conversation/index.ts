/**
 * Conversations: from what a person typed or pressed to what shall happen. Reading is deterministic (`readMessage`);
 * `stepConversation(state, event, tools)` is pure and runs the flows of kind `conversation` on a stack of frames: forms
 * that fill from anything that is said, digressions that come back, corrections that show old → new. It never acts:
 * the runtime stores the state (encrypted, personal slots as references: `mapSlots`), calls each `do` effect in
 * order and feeds the result back as the next event, renders `say` and `diff` with `present`, and keeps the timers.
 */
export { caseOf, openCase } from './whose.ts';
export { COMMANDS, noteOnSubmitting, parseCommand, parseLookUp, parseShortId } from './command.ts';
export { parseCorrection } from './correction.ts';
export { runDialogue, runPlan, runProcessCase } from './dialogue.ts';
export { parseDialogueFile } from './dialogue-file.ts';
export { buildFlowTable } from './flow-table.ts';
export { present } from './present.ts';
export type {
  ConversationEffect,
  ConversationEvent,
  ConversationTools,
  FlowTable,
  MediaToken,
  Param,
  Reading,
} from './protocol.ts';
export { readMessage } from './reading.ts';
export { namesIn } from './understand/person-name.ts';
export { EMPTY_CONVERSATION, mapSlots, type ConversationState, type Frame, type SlotState } from './state.ts';
export { parseReassignment, type Reassignment } from './reassign-words.ts';
export { parseTrial } from './trial.ts';
export { stepConversation, type ConversationStep } from './step.ts';
export { slotValues } from './values.ts';
export {
  isCourtesy,
  MAX_TEXT_LENGTH,
  parseReply,
  toSimplified,
  type FactName,
  type FactValue,
} from './understand/index.ts';
