export { readTimeline } from './timeline-operations.ts';
export { attachToMessage, linkEarlier, writeChange, writeIncoming } from './timeline-store.ts';
