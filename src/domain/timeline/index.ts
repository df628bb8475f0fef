export { readTimeline } from './timeline-operations.ts';
export { attachToMessage, linkIncoming, writeChange, writeIncoming, type IncomingItem } from './timeline-store.ts';
