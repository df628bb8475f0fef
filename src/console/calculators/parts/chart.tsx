/** Principal and interest of every instalment, stacked; read by pointer, by arrow keys, and as a table below. */
import { useEffect, useRef, useState, type JSX, type KeyboardEvent } from 'react';
import type { Row } from '../api.ts';
import { fen, grouped, yuan } from '../figures.ts';
import { useWords } from '../words.ts';

const HEIGHT = 260;
const LEFT = 64;
const BOTTOM = 30;
const TOP = 8;

/** Of a plan with at least one row. */
export function Chart({ rows }: { readonly rows: readonly Row[] }): JSX.Element {
  const { say } = useWords();
  const { box, width } = useWidth();
  const [chosen, setChosen] = useState<number>();
  const index = Math.min(chosen ?? 0, rows.length - 1);
  const row = chosen === undefined ? undefined : rows[index];
  const shape = shapeOf(rows, width);
  const move = (event: KeyboardEvent): void => {
    const to = {
      ArrowLeft: index - 1,
      ArrowRight: chosen === undefined ? 0 : index + 1,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setChosen(Math.max(0, Math.min(rows.length - 1, to)));
  };
  return (
    <div className="card chart">
      <div className="head">
        <h2>{say('chart')}</h2>
        <ul className="legend">
          <li className="principal">{say('column.principal')}</li>
          <li className="interest">{say('column.interest')}</li>
        </ul>
      </div>
      <div
        ref={box}
        className="plot"
        role="group"
        tabIndex={0}
        aria-label={say('chart_help')}
        onKeyDown={move}
        onPointerMove={(event) =>
          setChosen(shape.indexAt(event.clientX - event.currentTarget.getBoundingClientRect().left))
        }
        onPointerLeave={() => setChosen(undefined)}
        onBlur={() => setChosen(undefined)}
      >
        <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
          <Axes shape={shape} rows={rows} width={width} />
          <path className="principal" d={shape.principal} />
          <path className="interest" d={shape.interest} />
          {row && (
            <rect className="chosen" x={shape.x(index)} y={TOP} width={shape.band} height={HEIGHT - TOP - BOTTOM} />
          )}
        </svg>
      </div>
      <output className="reading" aria-live="polite">
        {row
          ? say('reading', {
              n: row[0],
              due: row[1],
              principal: grouped(row[2]),
              interest: grouped(row[3]),
              total: grouped(row[4]),
            })
          : say('reading_none')}
      </output>
    </div>
  );
}

function Axes({
  shape,
  rows,
  width,
}: {
  readonly shape: Shape;
  readonly rows: readonly Row[];
  readonly width: number;
}): JSX.Element {
  return (
    <g className="axes">
      {shape.ticks.map((tick) => (
        <g key={tick}>
          <line x1={LEFT} x2={width} y1={shape.y(tick)} y2={shape.y(tick)} />
          <text x={LEFT - 8} y={shape.y(tick) + 4} textAnchor="end">
            {shortYuan(tick)}
          </text>
        </g>
      ))}
      {shape.labels.map((index) => (
        <text key={index} x={shape.x(index) + shape.band / 2} y={HEIGHT - 10} textAnchor="middle">
          {rows[index]?.[0]}
        </text>
      ))}
    </g>
  );
}

interface Shape {
  readonly principal: string;
  readonly interest: string;
  /** Width of one instalment's place. */
  readonly band: number;
  readonly ticks: readonly number[];
  readonly labels: readonly number[];
  x(index: number): number;
  y(amount: number): number;
  indexAt(px: number): number;
}

/** Where everything lies. Heights are for the eye only and may be floats; figures are never read from them. */
function shapeOf(rows: readonly Row[], width: number): Shape {
  const bars = rows.map((row) => ({ principal: Math.max(0, Number(row[2])), interest: Math.max(0, Number(row[3])) }));
  const step = niceStep(Math.max(1, ...bars.map((bar) => bar.principal + bar.interest)) / 4);
  const most = Math.ceil(Math.max(1, ...bars.map((bar) => bar.principal + bar.interest)) / step) * step;
  const band = Math.max(0, width - LEFT) / rows.length;
  const gap = band > 6 ? Math.max(band * 0.2, band - 56) : 0;
  const x = (index: number): number => LEFT + index * band;
  const y = (amount: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - amount / most);
  const bar = (index: number, from: number, to: number): string => {
    const left = (x(index) + gap / 2).toFixed(2);
    return `M${left} ${y(from).toFixed(2)}h${(band - gap).toFixed(2)}V${y(to).toFixed(2)}H${left}z`;
  };
  // 2.5 would label no instalment at all.
  const every = Math.ceil(niceStep(Math.max(1, (rows.length * 34) / Math.max(1, width - LEFT))));
  return {
    band,
    x,
    y,
    principal: bars.map((one, index) => bar(index, 0, one.principal)).join(''),
    interest: bars.map((one, index) => bar(index, one.principal, one.principal + one.interest)).join(''),
    ticks: Array.from({ length: Math.round(most / step) + 1 }, (_, i) => i * step),
    labels: rows.map((_, index) => index).filter((index) => (index === 0 && every !== 2) || (index + 1) % every === 0),
    indexAt: (px) => Math.max(0, Math.min(rows.length - 1, Math.floor((px - LEFT) / band))),
  };
}

/** 1, 2, 2.5 or 5 times a power of ten, at least `value`. */
function niceStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value - 1e-9) ?? 10) * power;
}

/** An axis label: whole yuan. */
function shortYuan(amount: number): string {
  return yuan(fen(amount.toFixed(2))).replace(/\.00$/, '');
}

function useWidth(): { readonly box: React.RefObject<HTMLDivElement | null>; readonly width: number } {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(Math.max(240, element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { box, width };
}
