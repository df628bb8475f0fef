export { readTimeline } from './timeline-operations.ts';
export { attachToMessage, linkEarlier, linkIncoming, writeChange, writeIncoming } from './timeline-store.ts';
