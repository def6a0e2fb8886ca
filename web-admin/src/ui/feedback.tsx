import { Button } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import type { ComponentType, ReactNode } from "react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { problemOf } from "@/api/problem";
import { ProblemPage } from "./ProblemPage";

export type Tone = "good" | "warn" | "bad" | "info" | "plain";

export function Status({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className="pf-status" data-tone={tone}>
      {children}
    </span>
  );
}

export function Note({ tone = "info", children }: { tone?: Exclude<Tone, "plain">; children: ReactNode }) {
  const Icon =
    tone === "bad" || tone === "warn" ? IconAlertTriangle : tone === "good" ? IconCircleCheck : IconInfoCircle;
  return (
    <div className="pf-note" data-tone={tone} role={tone === "bad" ? "alert" : "note"}>
      <Icon size={16} aria-hidden />
      <div>{children}</div>
    </div>
  );
}

/** A refusal in words, with the page that explains it. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  if (!error) return null;
  const problem = problemOf(error);
  const named = Object.entries(problem.fields);
  return (
    <Note tone="bad">
      <strong>{t(problem.title)}</strong> {problem.detail}
      {problem.retryAfter !== undefined && <> {t("Try again in {{seconds}} s.", { seconds: problem.retryAfter })}</>}
      {named.length > 0 && (
        <ul style={{ margin: "0.25rem 0 0", paddingLeft: "1.1rem" }}>
          {named.map(([field, says]) => (
            <li key={field}>
              <code>{field}</code>: {says}
            </li>
          ))}
        </ul>
      )}
      <div style={{ display: "flex", gap: "0.9rem", marginTop: "0.25rem", flexWrap: "wrap" }}>
        {problem.status > 0 && (
          <button type="button" className="pf-link" onClick={() => setOpen(true)}>
            {t("What does this mean?")}
          </button>
        )}
        {onRetry && (
          <button type="button" className="pf-link" onClick={onRetry}>
            {t("Try again")}
          </button>
        )}
        {problem.requestId && (
          <span className="pf-small">
            {t("Request")} <code>{problem.requestId}</code>
          </span>
        )}
      </div>
      <ProblemPage code={problem.code} opened={isOpen} onClose={() => setOpen(false)} />
    </Note>
  );
}

interface EmptyProps {
  icon: ComponentType<{ size?: number; stroke?: number }>;
  title: string;
  children: ReactNode;
  action?: { label: string; onClick: () => void };
}

/** What stands where nothing is yet: what belongs here, and how it gets here. */
export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className="pf-empty">
      <Icon size={30} stroke={1.4} />
      <h2>{title}</h2>
      <p>{children}</p>
      {action && (
        <Button mt="xs" onClick={action.onClick}>
          {action.label}
        </Button>
      )}
    </div>
  );
}

/** Lines that stand for what is being loaded. */
export function Loading({ lines = 4 }: { lines?: number }) {
  const { t } = useTranslation();
  return (
    <div className="pf-stack" role="status" style={{ padding: "0.5rem 0", gap: "0.9rem" }}>
      <span className="pf-visually-hidden">{t("Loading …")}</span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike.
        <div key={line} className="pf-skeleton" style={{ width: `${92 - ((line * 23) % 45)}%` }} />
      ))}
    </div>
  );
}
