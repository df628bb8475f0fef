import { defineErrors } from '../../lib/errors.ts';

/** Refusals of the documents room. */
export const documentErrors = defineErrors({
  'document.not_found': [404, 'info'],
  'document.file_not_found': [404, 'info'],
  'document.unknown_item': [422, 'info'],
  'document.unassigned': [409, 'info'],
  'document.already_accepted': [409, 'info'],
  'document.upload_unknown': [404, 'info'],
  'document.upload_used': [410, 'info'],
  'document.upload_expired': [410, 'info'],
});
