import "@/styles/phone.css";
import type { ReactNode } from "react";

/** A phone that shows what a person would see. */
export function Phone({ from, children }: { from: string; children: ReactNode }) {
  return (
    <div className="pf-phone">
      <div>
        <header>
          <span aria-hidden>{[...from][0]?.toUpperCase() ?? "?"}</span>
          {from}
        </header>
        {children}
      </div>
    </div>
  );
}

/** A message; what looks like the code stands out. */
export function Bubble({ text }: { text: string }) {
  const [, before, code, after] = /^([\s\S]*?)(?<![0-9])([0-9]{4,10})(?![0-9])([\s\S]*)$/.exec(text) ?? [];
  return (
    <p className="pf-bubble">
      {code === undefined ? (
        text
      ) : (
        <>
          {before}
          <mark>{code}</mark>
          {after}
        </>
      )}
    </p>
  );
}
