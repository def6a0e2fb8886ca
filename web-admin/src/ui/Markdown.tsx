import type { ReactNode } from "react";

/** Shows the little Markdown that the problem pages use. Everything becomes elements; nothing is parsed as HTML. */
export function Markdown({ text }: { text: string }) {
  return <div className="pf-stack">{blocksOf(text).map((block, index) => show(block, `${index}`))}</div>;
}

type Block = { kind: "heading" | "paragraph" | "code" | "list"; lines: string[] };

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let isFenced = false;
  let isOpen = false;
  const into = (kind: Block["kind"], line: string, joins: boolean) => {
    const last = blocks.at(-1);
    if (joins && isOpen && last?.kind === kind) last.lines.push(line);
    else blocks.push({ kind, lines: [line] });
    isOpen = true;
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("```")) {
      isFenced = !isFenced;
      isOpen = false;
    } else if (isFenced) into("code", line, true);
    else if (line.trim() === "") isOpen = false;
    else if (line.startsWith("#")) into("heading", line.replace(/^#+ /, ""), false);
    else if (line.startsWith("    ")) into("code", line.slice(4), true);
    else if (/^\s*[-*] /.test(line)) into("list", line.replace(/^\s*[-*] /, ""), true);
    else {
      const last = blocks.at(-1);
      if (isOpen && last?.kind === "list") last.lines.push(`${last.lines.pop()} ${line.trim()}`);
      else into("paragraph", line, true);
    }
  }
  return blocks;
}

function show(block: Block, key: string): ReactNode {
  switch (block.kind) {
    case "heading":
      return <h3 key={key}>{inline(block.lines.join(" "))}</h3>;
    case "code":
      return (
        <div key={key} className="pf-code">
          <pre>{block.lines.join("\n")}</pre>
        </div>
      );
    case "list":
      return (
        <ul key={key} style={{ margin: 0, paddingLeft: "1.2rem" }}>
          {block.lines.map((line) => (
            <li key={line}>{inline(line)}</li>
          ))}
        </ul>
      );
    case "paragraph":
      return <p key={key}>{inline(block.lines.join(" "))}</p>;
  }
}

/** `code`, **strong** and links, whose words are kept. */
function inline(text: string): ReactNode[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/).map((part, index) => {
    const key = `${index}`;
    if (part.startsWith("`")) return <code key={key}>{part.slice(1, -1)}</code>;
    if (part.startsWith("**")) return <strong key={key}>{part.slice(2, -2)}</strong>;
    const link = /^\[([^\]]+)\]/.exec(part);
    return link ? <span key={key}>{link[1]}</span> : part;
  });
}
