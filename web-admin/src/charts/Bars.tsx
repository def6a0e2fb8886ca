import type { ReactNode } from "react";

export interface Bar {
  key: string;
  name: ReactNode;
  /** 0 to 1. */
  part: number;
  value: string;
  note?: string;
  color?: string;
}

/** Ranked bars: each says its value, so nobody has to measure. */
export function Bars({ bars }: { bars: Bar[] }) {
  return (
    <ul className="pf-bars">
      {bars.map((bar) => (
        <li key={bar.key}>
          <span>{bar.name}</span>
          <span>
            {bar.value}
            {bar.note && <small>{bar.note}</small>}
          </span>
          <div className="pf-bar">
            <i style={{ width: `${Math.min(100, Math.max(0, bar.part * 100)).toFixed(1)}%`, background: bar.color }} />
          </div>
        </li>
      ))}
    </ul>
  );
}

export interface Stage {
  name: string;
  value: string;
  note: string;
  part: number;
}

/** How many of the first stage reach each later one. */
export function Funnel({ stages }: { stages: Stage[] }) {
  return (
    <div className="pf-funnel">
      {stages.map((stage, index) => (
        <div key={stage.name}>
          <div className="pf-tower" aria-hidden>
            <i
              style={{
                height: `${Math.max(stage.part > 0 ? 2 : 0, stage.part * 100)}%`,
                opacity: 0.45 + 0.185 * index,
              }}
            />
          </div>
          <div>
            <strong>{stage.value}</strong>
            <small>{stage.name}</small>
            <small>{stage.note}</small>
          </div>
        </div>
      ))}
    </div>
  );
}

/** A distribution: how many fall between one bound and the next. */
export function Columns({
  columns,
  label,
}: {
  columns: { name: string; part: number; value: string }[];
  label: string;
}) {
  const most = Math.max(0.0001, ...columns.map((column) => column.part));
  return (
    <div
      className="pf-columns"
      role="img"
      aria-label={`${label}: ${columns.map(({ name, value }) => `${name} ${value}`).join(", ")}`}
    >
      {columns.map((column) => (
        <div key={column.name}>
          <span>{column.value}</span>
          <i style={{ height: `${(column.part / most) * 70}%` }} />
          <span>{column.name}</span>
        </div>
      ))}
    </div>
  );
}
