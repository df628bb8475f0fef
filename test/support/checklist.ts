/** Checklists of standard items, as products bring them. */
import { standardItem, type ChecklistItem } from '../../src/domain/products/index.ts';

/** These items in this order; each is required unless its code ends in "?": `checklistOf(['D01', 'D07', 'D06?'])`. */
export function checklistOf(codes: readonly string[]): readonly ChecklistItem[] {
  return codes.map((text) => {
    const item = standardItem(text.replace('?', ''));
    if (!item) throw new Error(`no standard document item ${text}`);
    return { ...item, isRequired: !text.endsWith('?') };
  });
}
