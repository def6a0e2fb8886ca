import { Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** A button that copies. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation();
  const clipboard = useClipboard({ timeout: 1500 });
  const says = clipboard.copied ? t("Copied") : (label ?? t("Copy"));
  return (
    <Tooltip label={says}>
      <button
        type="button"
        className="pf-icon"
        aria-label={says}
        onClick={(event) => {
          event.stopPropagation();
          clipboard.copy(text);
        }}
      >
        {clipboard.copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
      </button>
    </Tooltip>
  );
}

/** An id or an address, with its button. */
export function Copyable({ text }: { text: string }) {
  return (
    <span className="pf-copy">
      <code title={text}>{text}</code>
      <CopyButton text={text} />
    </span>
  );
}

/** Lines to copy. */
export function CodeBlock({ text, label }: { text: string; label?: string }) {
  return (
    <div className="pf-code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reachable by keys. */}
      <section tabIndex={0} aria-label={label} style={{ overflowX: "auto" }}>
        <pre>{text}</pre>
      </section>
      <CopyButton text={text} />
    </div>
  );
}
