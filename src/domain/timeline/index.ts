export { readTimeline } from './timeline-operations.ts';
export { linkIncoming, writeChange, writeIncoming, type IncomingItem } from './timeline-store.ts';
