import { defineErrors } from '../../lib/errors.ts';

export const todoErrors = defineErrors({ 'task.not_found': [404, 'info'] });
