import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failure } from "./feedback";

interface ConfirmProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** The verb on the button. */
  verb: string;
  /** What has to be typed first, for what cannot be undone. */
  typed?: string;
  loading: boolean;
  error: unknown;
  onConfirm: () => void;
}

/** Asks before something that matters; what cannot be undone has to be typed. */
export function Confirm({ opened, onClose, title, children, verb, typed, loading, error, onConfirm }: ConfirmProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const isReady = typed === undefined || text === typed;
  const close = () => {
    setText("");
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          // React passes events on to the form that shows the dialog, although the dialog stands outside of it in the page.
          event.stopPropagation();
          if (isReady) onConfirm();
        }}
      >
        <Stack>
          <div>{children}</div>
          {typed !== undefined && (
            <TextInput
              label={t("Type {{text}} to confirm", { text: typed })}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
              data-autofocus
            />
          )}
          <Failure error={error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {t("Cancel")}
            </Button>
            <Button type="submit" color="var(--pf-danger)" disabled={!isReady} loading={loading}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
