export { readTimeline } from './timeline-operations.ts';
export { attachToMessage, linkIncoming, writeChange, writeIncoming } from './timeline-store.ts';
