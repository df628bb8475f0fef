/** Reasons offered after a press on reject (trade §6.7), by code, in the order they are numbered; any other is written in words. */
export const REASONS = ['R02', 'R05', 'R08', 'R18', 'R21', 'R22', 'R27'] as const;
