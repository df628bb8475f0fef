/** The shipped flows, loaded as the product loads them: checked, hashed, compiled. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  compileFlow,
  loadFlow,
  readPublished,
  type CompiledFlow,
  type FlowCatalogue,
  type LoadedFlow,
} from '../../../../src/core/flow/index.ts';
import { LANGUAGES, loadTexts } from '../../../../src/lib/i18n.ts';

const root = path.resolve(import.meta.dirname, '../../../..');
export const flowsFolder = path.join(root, 'flows');
export const texts = loadTexts(path.join(root, 'locales'));

/** The operations the road has; flows may call no others. */
export const OPERATIONS = [
  'lead.capture',
  'lead.update',
  'lead.submit',
  'lead.find',
  'lead.get',
  'lead.review',
  'lead.planReassign',
  'lead.reassign',
  'conversation.giveBack',
  'customer.find',
  'customer.createBindingLink',
  'customer.followLink',
  'customer.bindContact',
  'customer.answer',
  'customer.standing',
  'customer.askAdviser',
  'customer.setLanguage',
  'staff.setLanguage',
  'staff.help',
  'consent.decline',
  'consent.grant',
  'consent.withdraw',
  'document.receive',
  'document.assign',
  'document.leave',
  'document.list',
  'document.offerUpload',
  'task.askForHelp',
  'task.list',
  'task.finish',
  'task.reopen',
  'approval.list',
  'approval.sendCard',
  'application.mine',
  'repayment.list',
  'loan.create',
] as const;

function flowFiles(): readonly string[] {
  const plain = readdirSync(flowsFolder).filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'));
  const repair = readdirSync(path.join(flowsFolder, '_repair')).map((name) => `_repair/${name}`);
  return [...plain, ...repair].sort();
}

/** A catalogue of the shipped installation, with changes for a test. */
export function houseCatalogue(changes: Partial<FlowCatalogue> = {}): FlowCatalogue {
  return {
    operations: new Set<string>(OPERATIONS),
    roles: new Set(['sales', 'team-lead', 'reviewer', 'approver', 'manager']),
    flows: new Set(['lead-intake', 'loan-approval', 'customer-intake', 'document-collection']),
    texts: Object.fromEntries(LANGUAGES.map((language) => [language, texts.messages(language)])),
    tables: {},
    translate: (key, params) => texts.translate('zh-CN', key, params),
    ...changes,
  };
}

export interface HouseFile {
  readonly file: string;
  readonly loaded: LoadedFlow;
  readonly compiled: CompiledFlow;
}

/** Every shipped flow. @throws Error naming file, line and cure of the first finding. */
export function houseFlows(): readonly HouseFile[] {
  return flowFiles().map((file) => {
    const result = loadFlow(readFileSync(path.join(flowsFolder, file), 'utf8'), `flows/${file}`, houseCatalogue());
    if (!result.ok)
      throw new Error(
        result.findings
          .map((finding) => `${finding.file}:${finding.line}:${finding.column} ${finding.message} ${finding.cure}`)
          .join('\n'),
      );
    const { canonical, version } = result.flow;
    return { file, loaded: result.flow, compiled: compileFlow(readPublished(canonical, version), version) };
  });
}
