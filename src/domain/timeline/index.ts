export { readTimeline } from './timeline-operations.ts';
export { attachToMessage, linkEarlier, wordsOf, writeChange, writeIncoming } from './timeline-store.ts';
