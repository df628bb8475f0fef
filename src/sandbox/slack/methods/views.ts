/** `views.*`: no scope needed, but a fresh trigger for open and push. */
import type { Fields } from '../../kernel/values.ts';
import { type Args, mustJson } from '../args.ts';
import type { SlackCore } from '../core.ts';
import type { MethodTable } from './method.ts';

function open(core: SlackCore, args: Args): Fields {
  const view = mustJson(args, 'view');
  const userId = core.triggers.use(args.text('trigger_id') ?? args.must('interactivity_pointer'));
  return { view: core.views.object(core.views.open(userId, view)) };
}

function push(core: SlackCore, args: Args): Fields {
  const view = mustJson(args, 'view');
  const userId = core.triggers.use(args.text('trigger_id') ?? args.must('interactivity_pointer'));
  return { view: core.views.object(core.views.push(userId, view)) };
}

function update(core: SlackCore, args: Args): Fields {
  const key = { viewId: args.text('view_id'), externalId: args.text('external_id') };
  return { view: core.views.object(core.views.update(key, mustJson(args, 'view'), args.text('hash'))) };
}

function publish(core: SlackCore, args: Args): Fields {
  const { id } = core.user(args.must('user_id'));
  return { view: core.views.object(core.views.publish(id, mustJson(args, 'view'), args.text('hash'))) };
}

const TRIGGER = ['trigger_id', 'interactivity_pointer', 'view'];

/** The `views.*` rows. */
export const viewMethods: MethodTable = {
  'views.open': { tier: 't4', known: TRIGGER, run: open },
  'views.push': { tier: 't4', known: TRIGGER, run: push },
  'views.update': { tier: 't4', known: ['view_id', 'external_id', 'view', 'hash'], run: update },
  'views.publish': { tier: 't4', known: ['user_id', 'view', 'hash'], run: publish },
};
