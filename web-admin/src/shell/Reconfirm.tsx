import { Button, Modal, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, dataOf } from "@/api/client";
import { askWith } from "@/api/send";
import { sessionQuery, useSessionChange } from "@/api/session";
import { signOnAddress } from "@/api/sign-on";
import { useChange } from "@/forms/change";
import { Failure } from "@/ui/feedback";

/**
 * Asks for the password again when a sensitive change needs it; then the change goes on by itself. Who has none proves it where their
 * organization signs in, and comes back to the same page.
 */
export function Reconfirm() {
  const { t } = useTranslation();
  const change = useSessionChange();
  const session = useQuery({ ...sessionQuery, enabled: false }).data;
  const [isOpen, setOpen] = useState(false);
  const answer = useRef<(isProven: boolean) => void>(() => undefined);
  const form = useForm({ initialValues: { password: "" } });
  const finish = (isProven: boolean) => {
    setOpen(false);
    form.reset();
    answer.current(isProven);
  };
  // The asker lives outside of React, where requests are sent.
  useEffect(() => {
    askWith(
      () =>
        new Promise((resolve) => {
          answer.current = resolve;
          setOpen(true);
        }),
    );
  }, []);
  const prove = useChange({
    run: (body: { password: string }) => dataOf(client.POST("/v1/session/confirmation", { body })),
    onDone: (session) => {
      change(session);
      finish(true);
    },
  });
  return (
    <Modal opened={isOpen} onClose={() => finish(false)} title={t("Is it you?")} zIndex={400}>
      {session?.person.managed ? (
        <Elsewhere organization={session.tenants[0]?.slug ?? ""} />
      ) : (
        <form onSubmit={form.onSubmit((values) => prove.mutate(values))}>
          <Stack>
            <p>{t("This change matters. Type your password once more.")}</p>
            <Failure error={prove.error} />
            <PasswordInput
              label={t("Password")}
              autoComplete="current-password"
              required
              data-autofocus
              visibilityToggleButtonProps={{ "aria-label": t("Show the password") }}
              {...form.getInputProps("password")}
            />
            <Button type="submit" loading={prove.isPending}>
              {t("Go on")}
            </Button>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

function Elsewhere({ organization }: { organization: string }) {
  const { t } = useTranslation();
  const { pathname, search } = window.location;
  return (
    <Stack>
      <p>{t("This change matters. Sign in at your organization once more, and make the change again.")}</p>
      <Button
        component="a"
        href={signOnAddress({ organization, purpose: "confirm", next: pathname + search })}
        data-autofocus
      >
        {t("Sign in with your organization")}
      </Button>
    </Stack>
  );
}
