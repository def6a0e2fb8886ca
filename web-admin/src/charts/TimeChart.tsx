import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { compact, number } from "@/util/format";
import { line, marks, niceTop } from "./scale";

export interface Series {
  name: string;
  color: string;
  values: number[];
  /** Filled down to the axis. */
  area?: boolean;
}

interface TimeChartProps {
  /** What is shown, for those who do not see it. */
  label: string;
  times: string[];
  series: Series[];
  /** How a time reads below the axis, and in the tip. */
  short: (time: string) => string;
  long: (time: string) => string;
  height?: number;
}

const LEFT = 42;
const BOTTOM = 22;
const TOP = 8;

/** Lines over time. The pointer or the arrow keys read single values. */
export function TimeChart({ label, times, series, short, long, height = 230 }: TimeChartProps) {
  const { ref, width } = useElementSize();
  const [at, setAt] = useState<number>();
  const top = niceTop(Math.max(0, ...series.flatMap((one) => one.values)));
  const inner = Math.max(1, width - LEFT - 4);
  const x = (index: number) => LEFT + (times.length < 2 ? inner / 2 : (index * inner) / (times.length - 1));
  const y = (value: number) => TOP + (1 - value / top) * (height - TOP - BOTTOM);
  const base = y(0);
  const near = (event: PointerEvent<SVGSVGElement>) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT;
    setAt(Math.min(times.length - 1, Math.max(0, Math.round((left / inner) * (times.length - 1)))));
  };
  const step = (event: KeyboardEvent) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    setAt((before) => Math.min(times.length - 1, Math.max(0, (before ?? (way > 0 ? -1 : times.length)) + way)));
  };
  const isRight = at !== undefined && x(at) > width * 0.6;
  return (
    <div className="pf-chart" ref={ref}>
      {/* biome-ignore lint/a11y/noNoninteractiveElementInteractions: reading values by key is what the focus is for. */}
      <svg
        height={height}
        role="img"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as above.
        tabIndex={0}
        onPointerMove={near}
        onPointerLeave={() => setAt(undefined)}
        onKeyDown={step}
        onBlur={() => setAt(undefined)}
      >
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <g key={part}>
            <line className="pf-gridline" x1={LEFT} x2={width} y1={y(top * part)} y2={y(top * part)} />
            <text x={LEFT - 8} y={y(top * part) + 4} textAnchor="end">
              {compact(top * part)}
            </text>
          </g>
        ))}
        {marks(times.map(short), Math.max(2, Math.floor(inner / 92))).map((index) => (
          <text key={index} x={x(index)} y={height - 4} textAnchor={index === 0 ? "start" : "middle"}>
            {short(times[index] ?? "")}
          </text>
        ))}
        {series.map((one) => {
          const points = one.values.map((value, index) => [x(index), y(value)] as const);
          if (points.length === 0) return null;
          return (
            <g key={one.name}>
              {one.area && (
                <path
                  d={`${line(points)}L${x(points.length - 1)} ${base}L${x(0)} ${base}Z`}
                  fill={one.color}
                  fillOpacity={0.13}
                />
              )}
              <path d={line(points)} fill="none" stroke={one.color} strokeWidth={1.75} strokeLinejoin="round" />
            </g>
          );
        })}
        {at !== undefined && (
          <g>
            <line className="pf-cursor" x1={x(at)} x2={x(at)} y1={TOP} y2={base} />
            {series.map((one) => (
              <circle
                key={one.name}
                cx={x(at)}
                cy={y(one.values[at] ?? 0)}
                r={3.5}
                fill={one.color}
                stroke="var(--pf-surface)"
                strokeWidth={1.5}
              />
            ))}
          </g>
        )}
      </svg>
      {at !== undefined && (
        <div
          className="pf-tip"
          aria-live="polite"
          style={isRight ? { right: width - x(at) + 10 } : { left: x(at) + 10 }}
        >
          <b>{long(times[at] ?? "")}</b>
          {series.map((one) => (
            <div key={one.name}>
              <i className="pf-swatch" style={{ background: one.color }} />
              {one.name}
              <span>{number(one.values[at] ?? 0)}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

export function Legend({ series }: { series: Pick<Series, "name" | "color">[] }) {
  return (
    <div className="pf-legend">
      {series.map((one) => (
        <span key={one.name}>
          <i className="pf-swatch" style={{ background: one.color }} />
          {one.name}
        </span>
      ))}
    </div>
  );
}
