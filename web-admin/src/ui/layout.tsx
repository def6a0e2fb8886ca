import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";

/** The head of every page: what it is, what it is for, what can be done. */
export function PageHead({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  useDocumentTitle(`${title} · Pinfold`);
  return (
    <div className="pf-head">
      <div>
        <h1>{title}</h1>
        {children && <p>{children}</p>}
      </div>
      {actions && <div className="pf-actions">{actions}</div>}
    </div>
  );
}

interface PanelProps {
  title?: ReactNode;
  about?: ReactNode;
  actions?: ReactNode;
  footer?: ReactNode;
  children?: ReactNode;
  /** Without padding, for tables. */
  flush?: boolean;
}

export function Panel({ title, about, actions, footer, children, flush }: PanelProps) {
  return (
    <section className="pf-panel">
      {(title || actions) && (
        <header>
          {title && <h2>{title}</h2>}
          {actions && <div className="pf-actions">{actions}</div>}
          {about && <p>{about}</p>}
        </header>
      )}
      {children && (flush ? children : <div className="pf-panel-body">{children}</div>)}
      {footer && <footer>{footer}</footer>}
    </section>
  );
}

export interface Figure {
  label: string;
  value: ReactNode;
  note?: ReactNode;
}

export function Stats({ figures }: { figures: Figure[] }) {
  return (
    <dl className="pf-stats">
      {figures.map((figure) => (
        <div className="pf-stat" key={figure.label}>
          <dt>{figure.label}</dt>
          <dd>{figure.value}</dd>
          {figure.note && <dd className="pf-stat-note">{figure.note}</dd>}
        </div>
      ))}
    </dl>
  );
}

export type Fact = [label: string, value: ReactNode];

/** Names and values; what has no value is left out. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className="pf-facts">
      {facts
        .filter(([, value]) => value !== undefined && value !== null && value !== "")
        .flatMap(([label, value]) => [<dt key={`${label} name`}>{label}</dt>, <dd key={label}>{value}</dd>])}
    </dl>
  );
}
