/**
 * The settings for tests with and without a mutant: the product's own, with more patience, because two mutants run at once.
 * The outcome goes to a file.
 */
import config from '../../vitest.config.ts';
import { OutcomeReporter } from './support/outcome.ts';

export default {
  ...config,
  test: {
    ...config.test,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: [new OutcomeReporter(process.env['OUTCOME'] ?? 'outcome.json')],
  },
};
