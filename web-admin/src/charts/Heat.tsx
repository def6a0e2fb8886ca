export interface HeatRow {
  name: string;
  /** One count for each column. */
  counts: number[];
}

/** Counts by row and column, the more the stronger. Read out as its sums. */
export function Heat({ rows, columns, label }: { rows: HeatRow[]; columns: string[]; label: string }) {
  const most = Math.max(1, ...rows.flatMap((row) => row.counts));
  const sum = (row: HeatRow) => row.counts.reduce((all, count) => all + count, 0);
  return (
    <div
      className="pf-heat"
      role="img"
      aria-label={`${label}: ${rows.map((row) => `${row.name} ${sum(row)}`).join(", ")}`}
    >
      {rows.map((row) => (
        <div key={row.name} className="pf-heat-row">
          <span title={row.name}>{row.name}</span>
          <div>
            {row.counts.map((count, index) => (
              <i
                key={columns[index]}
                title={`${columns[index]}: ${count}`}
                data-empty={count === 0 || undefined}
                // The root keeps few apart from none where one hour towers over the others.
                style={{ opacity: count === 0 ? undefined : 0.2 + 0.8 * Math.sqrt(count / most) }}
              />
            ))}
          </div>
          <b>{sum(row)}</b>
        </div>
      ))}
      <div className="pf-heat-row">
        <span />
        <div className="pf-heat-axis">
          <span>{columns[0]}</span>
          <span>{columns[Math.floor(columns.length / 2)]}</span>
          <span>{columns.at(-1)}</span>
        </div>
        <b />
      </div>
    </div>
  );
}
