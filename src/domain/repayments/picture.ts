/**
 * A repayment plan as a picture for a chat: terms, what is paid, both annual rates, principal and interest of every
 * instalment, the first rows and the last. ECharts draws the chart as SVG text, resvg paints the whole with the packaged
 * font on a thread of its own; system fonts are never looked at, because a server often has none for Chinese.
 */
import { createRequire } from 'node:module';
import { groupedYuan } from '../../lib/i18n.ts';
import { parseYuan } from '../../lib/money.ts';
import { grouped, inPercent, trialFlatNote, trialTermsLine, type TrialPlan, type Words } from './trial.ts';

/** Pixels; wide enough to be read on a phone without zooming in far, small enough for every platform. */
const WIDTH = 1200;
const MARGIN = 56;
const INNER = WIDTH - 2 * MARGIN;
const CHART_HEIGHT = 380;
const ROW_HEIGHT = 46;
/** Rows shown before the gap; a plan of at most this many and one is shown whole. */
const FIRST_ROWS = 6;
const FONT = 'Noto Sans SC';

const INK = '#1f2937';
const SOFT = '#4b5563';
const LINE = '#d1d5db';
const PRINCIPAL = '#0f766e';
const INTEREST = '#d97706';

const require = createRequire(import.meta.url);
const FONT_FILES = ['400Regular/NotoSansSC_400Regular.ttf', '700Bold/NotoSansSC_700Bold.ttf'];

/** How resvg is to paint {@link planSvg}; without these fonts every text would silently be missing. */
export const PAINTING = {
  font: {
    loadSystemFonts: false,
    fontFiles: FONT_FILES.map((file) => require.resolve(`@expo-google-fonts/noto-sans-sc/${file}`)),
    defaultFontFamily: FONT,
  },
  background: '#ffffff',
};

/** The picture as PNG, 1200 pixels wide. Takes about 0.3 s, most of it outside the main thread. */
export async function renderPlanPicture(plan: TrialPlan, words: Words): Promise<Buffer> {
  const [svg, { renderAsync }] = await Promise.all([planSvg(plan, words), import('@resvg/resvg-js')]);
  const painted = await renderAsync(svg, PAINTING);
  return painted.asPng();
}

/** The same picture as SVG text. */
export async function planSvg(plan: TrialPlan, words: Words): Promise<string> {
  const say = (key: string, values: Readonly<Record<string, string>> = {}): string =>
    words.texts.translate(words.language, `trial.${key}`, values);
  const page = new Page();
  page.text(say('title'), { size: 40, bold: true, y: 84 });
  page.text(subtitle(plan, words, say), { size: 24, color: SOFT, y: 128 });
  figures(page, plan, say);
  page.text(say('picture.chart'), { size: 24, bold: true, y: 316 });
  page.nested(await chartSvg(plan, say), 336, CHART_HEIGHT);
  let y = table(page, plan, 336 + CHART_HEIGHT + 24, say);
  const note = trialFlatNote(plan, words);
  for (const line of [...(note === undefined ? [] : wrapped(note)), ...wrapped(say('no_promise'))]) {
    y += 34;
    page.text(line, { size: 21, color: SOFT, y });
  }
  return page.svg(y + 40);
}

type Say = (key: string, values?: Readonly<Record<string, string>>) => string;

/** Terms, start and, where there is one, the fee: a cost that is not in the rate must not be missing from the picture. */
function subtitle(plan: TrialPlan, words: Words, say: Say): string {
  const fee = plan.totals.fee === '0.00' ? [] : [say('picture.fee', { fee: grouped(plan.totals.fee) })];
  return [trialTermsLine(plan, words), say('picture.from', { start: plan.terms.start }), ...fee].join(' · ');
}

/** The four figures under the title. */
function figures(page: Page, plan: TrialPlan, say: Say): void {
  const { totals, rates, rows } = plan;
  const [first] = rows;
  const isLevel = rows.slice(0, -1).every((row) => row[4] === first?.[4]);
  const payment = rows.length === 1 ? 'picture.once' : isLevel ? 'picture.payment' : 'picture.first_payment';
  const cost = totals.fee === '0.00' ? 'picture.cost_interest' : 'picture.cost';
  const boxes = [
    [say(payment), grouped(first?.[4] ?? '0')],
    [say(cost), grouped(totals.cost)],
    ...(rates.irrX12 === null ? [] : [[say('picture.irr'), `${inPercent(rates.irrX12)}%`]]),
    [say('picture.effective'), `${inPercent(rates.effective)}%`],
  ];
  const width = (INNER - 20 * (boxes.length - 1)) / boxes.length;
  boxes.forEach(([label = '', figure = ''], index) => {
    const x = MARGIN + index * (width + 20);
    page.box({ x, y: 156, width, height: 116 });
    page.text(label, { size: 21, color: SOFT, x: x + 22, y: 196 });
    page.text(figure, { size: 32, bold: true, x: x + 22, y: 246 });
  });
}

/** The header, the first rows, a gap, the last row, the sums; gives where it ends. */
function table(page: Page, { rows, terms, totals }: TrialPlan, top: number, say: Say): number {
  const names = ['instalment', 'due', 'principal', 'interest', 'total', 'balance'] as const;
  let y = top + ROW_HEIGHT;
  cells(
    page,
    names.map((name) => say(`picture.${name}`)),
    y,
    true,
  );
  const isWhole = rows.length <= FIRST_ROWS + 1;
  for (const row of isWhole ? rows : rows.slice(0, FIRST_ROWS)) cells(page, rowTexts(row), (y += ROW_HEIGHT), false);
  const last = rows.at(-1);
  if (!isWhole && last !== undefined) {
    y += ROW_HEIGHT;
    page.text(say('picture.more', { count: String(rows.length - FIRST_ROWS - 1) }), {
      size: 21,
      color: SOFT,
      x: WIDTH / 2,
      y,
      anchor: 'middle',
    });
    cells(page, rowTexts(last), (y += ROW_HEIGHT), false);
  }
  const repaid = (parseYuan(terms.principal) ?? 0n) + (parseYuan(totals.interest) ?? 0n);
  const sums = [terms.principal, totals.interest].map(grouped);
  cells(page, ['', say('picture.sum'), ...sums, groupedYuan(repaid), ''], (y += ROW_HEIGHT), true);
  return y + 14;
}

function rowTexts(row: TrialPlan['rows'][number]): readonly string[] {
  const [n, due, ...amounts] = row;
  return [String(n), due, ...amounts.map(grouped)];
}

/** Right edges of the columns; numbers stand under each other by their last digit. */
const EDGES = [MARGIN + 60, 320, 520, 700, 910, WIDTH - MARGIN] as const;

function cells(page: Page, texts: readonly string[], y: number, isHead: boolean): void {
  texts.forEach((text, index) => {
    page.text(text, { size: 23, bold: isHead, color: isHead ? SOFT : INK, x: EDGES[index] ?? WIDTH, y, anchor: 'end' });
  });
  page.line(y + 14);
}

/** Lines of at most the page's width; Chinese breaks anywhere, Latin words stay whole. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const piece of text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/gu) ?? []) {
    const size = /[\u2e80-\uffef]/u.test(piece) ? 21 : piece.length * 11.5;
    if (width + size > INNER) {
      lines.push(line);
      [line, width] = ['', 0];
    }
    line += piece;
    width += size;
  }
  return [...lines, line];
}

/** Principal and interest of every instalment, one on the other. */
async function chartSvg(plan: TrialPlan, say: Say): Promise<string> {
  const [{ init, use }, { BarChart }, { GridComponent, LegendComponent }, { SVGRenderer }] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ]);
  use([BarChart, GridComponent, LegendComponent, SVGRenderer]);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: INNER, height: CHART_HEIGHT });
  const bar = (name: string, color: string, index: 2 | 3) => ({
    name,
    type: 'bar' as const,
    stack: 'instalment',
    barMaxWidth: 72,
    // Gaps between hundreds of bars would be finer than a pixel and flicker.
    barCategoryGap: plan.rows.length > 120 ? '0%' : '25%',
    itemStyle: { color },
    // The chart only needs the height of a bar; the figures stand in the table.
    data: plan.rows.map((row) => Number(row[index])),
  });
  const small = { fontSize: 19, color: SOFT };
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: FONT },
    legend: { top: 0, right: 0, itemGap: 28, itemWidth: 22, itemHeight: 14, textStyle: { ...small, color: INK } },
    grid: { left: 4, right: 4, top: 44, bottom: 36 },
    xAxis: {
      type: 'category',
      data: plan.rows.map(([n]) => String(n)),
      name: say('picture.axis'),
      nameLocation: 'middle',
      nameGap: 34,
      nameTextStyle: small,
      axisLabel: small,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: LINE } },
    },
    yAxis: {
      type: 'value',
      axisLabel: {
        ...small,
        formatter: (value: number) => groupedYuan(parseYuan(value.toFixed(2)) ?? 0n).replace(/\.00$/, ''),
      },
      splitLine: { lineStyle: { color: LINE } },
    },
    series: [bar(say('picture.principal'), PRINCIPAL, 2), bar(say('picture.interest'), INTEREST, 3)],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

interface TextStyle {
  readonly size: number;
  readonly y: number;
  readonly x?: number;
  readonly bold?: boolean;
  readonly color?: string;
  readonly anchor?: 'middle' | 'end';
}

/** An SVG page that grows from above. */
class Page {
  readonly #parts: string[] = [];

  text(text: string, { size, y, x = MARGIN, bold = false, color = INK, anchor }: TextStyle): void {
    const weight = bold ? ' font-weight="700"' : '';
    const align = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
    this.#parts.push(
      `<text x="${x}" y="${y}" font-size="${size}" fill="${color}"${weight}${align}>${escaped(text)}</text>`,
    );
  }

  box({
    x,
    y,
    width,
    height,
  }: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }): void {
    this.#parts.push(`<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="10" fill="#f3f4f6"/>`);
  }

  line(y: number): void {
    this.#parts.push(`<line x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${y}" y2="${y}" stroke="${LINE}"/>`);
  }

  /** Puts a whole SVG document below `y`. */
  nested(svg: string, y: number, height: number): void {
    const body = svg.replace(/^<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '');
    this.#parts.push(
      `<svg x="${MARGIN}" y="${y}" width="${INNER}" height="${height}" viewBox="0 0 ${INNER} ${height}">${body}</svg>`,
    );
  }

  svg(height: number): string {
    const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${FONT}">${this.#parts.join('')}</svg>`;
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
