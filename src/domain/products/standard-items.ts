/**
 * The trade's standard document items (资料清单) with the words people write beside a file. A product takes its checklist
 * from here by code, or brings items of its own.
 */
import type { ChecklistItem } from './product-store.ts';

type Row = readonly [code: string, isRequired: boolean, words: string];

const ROWS: readonly Row[] = [
  // every product
  ['D01', true, '身份证|身份证正面|身份证反面|id card|idcard|identity card|sfz'],
  ['D02', true, '授权书|查询授权|authorisation|authorization'],
  ['D03', true, '征信|征信报告|个人征信|credit report'],
  ['D04', false, '结婚证|离婚证|婚姻|单身证明|marriage certificate|divorce certificate'],
  ['D05', false, '户口本|户口簿|户籍|household register|hukou'],
  ['D06', false, '银行卡|储蓄卡|借记卡|bank card|debit card'],
  ['D07', true, '流水|银行流水|工资流水|bank statement|bank flow'],
  ['D08', false, '居住证明|居住证|水电费|proof of residence|utility bill'],
  ['D09', false, '用途证明|用途合同|采购合同|报价单|proof of purpose|quotation'],
  // credit: 信用贷
  ['D11', false, '工作证明|在职证明|劳动合同|work certificate|employment contract'],
  ['D12', false, '公积金|公积金明细|housing fund'],
  ['D13', false, '社保|社保明细|social insurance'],
  ['D14', false, '个税|个税记录|纳税记录|income tax'],
  ['D15', false, '保单|保险单|insurance policy'],
  ['D16', false, '房贷合同|房贷还款记录|mortgage contract'],
  // secured on a house: 房抵贷
  ['D21', true, '房产证|不动产证|不动产权证|房本|红本|property certificate'],
  ['D22', false, '购房合同|purchase contract'],
  ['D23', false, '按揭合同|按揭还款记录|mortgage statement'],
  ['D24', false, '共有人同意|同意抵押|抵押声明|co-owner consent'],
  ['D25', true, '评估报告|房产评估|房屋评估|valuation report'],
  ['D26', true, '查册|查档|查封情况|查册表|land search'],
  ['D27', false, '备用房|居住承诺|second home'],
  // secured on a car: 车抵贷
  ['D31', true, '绿本|登记证书|机动车登记证|vehicle registration'],
  ['D32', true, '行驶证|driving permit|vehicle licence'],
  ['D33', false, '购车发票|二手车发票|购车凭证|car invoice'],
  ['D34', true, '交强险|商业险|车险|车险保单|car insurance'],
  ['D35', true, '车辆照片|车照|车辆外观|车架号照片|里程表|car photo'],
  ['D36', true, '评估单|车辆评估|car valuation'],
  ['D37', false, 'GPS|GPS安装同意书|gps consent'],
  ['D38', false, '驾驶证|驾照|driving licence|driver license'],
  ['D39', false, '违章|违章处理|traffic violations'],
  // companies: 企业税贷, 经营贷
  ['D41', true, '营业执照|执照|business licence|business license'],
  ['D42', true, '公司章程|章程|articles of association'],
  ['D43', true, '法人身份证|股东身份证|法人及股东身份证|legal representative id'],
  ['D44', true, '完税证明|纳税申报|纳税申报表|tax return|tax certificate'],
  ['D45', false, '开票汇总|开票明细|开票记录|invoice summary'],
  ['D46', true, '对公流水|对公账户流水|company bank statement|corporate bank statement'],
  ['D47', false, '财务报表|资产负债表|利润表|financial statements'],
  ['D48', false, '购销合同|销售合同|sales contract'],
  ['D49', true, '经营场地|场地证明|租赁合同|租约|lease'],
  ['D50', true, '公章|法人章|company seal'],
  ['D51', false, '企业征信|企业征信报告|company credit report'],
  ['D52', false, '下户照片|下户报告|site visit'],
];

const ITEMS: ReadonlyMap<string, ChecklistItem> = new Map(
  ROWS.map(([code, isRequired, words]) => [
    code,
    { code, name: `documents.item.${code}`, isRequired, words: words.split('|') },
  ]),
);

/** The item that every installation knows under this code, e.g. D01. */
export function standardItem(code: string): ChecklistItem | undefined {
  return ITEMS.get(code);
}

/** Codes of all standard items. */
export const STANDARD_ITEMS: readonly string[] = [...ITEMS.keys()];
