import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconFingerprint } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { getPasskey } from "@/api/passkeys";
import type { Session } from "@/api/session";
import { useChange } from "@/forms/change";
import { Failure } from "@/ui/feedback";
import { Door } from "./Door";

/** The second step of signing in. */
export function SecondFactor({ methods, onDone }: { methods: string[]; onDone: (session: Session) => void }) {
  const { t } = useTranslation();
  const [isRecovery, setRecovery] = useState(!methods.includes("totp"));
  const form = useForm({ mode: "uncontrolled", initialValues: { code: "" } });
  const prove = useChange({
    run: (body: Schemas["SessionProof"]) => dataOf(client.POST("/v1/session/second-factor", { body })),
    onDone,
  });
  const passkey = useChange({
    run: async () => dataOf(client.POST("/v1/session/second-factor", { body: { passkey: await getPasskey() } })),
    onDone,
  });
  const hasCodes = methods.includes("totp") || methods.includes("recovery_code");
  return (
    <Door title={t("Second step")} about={t("Your account asks for more than a password.")}>
      <Stack>
        <Failure error={prove.error ?? passkey.error} />
        {methods.includes("passkey") && (
          <Button
            variant={hasCodes ? "default" : "filled"}
            leftSection={<IconFingerprint size={17} />}
            loading={passkey.isPending}
            onClick={() => passkey.mutate(undefined)}
          >
            {t("Use a passkey")}
          </Button>
        )}
        {hasCodes && (
          <form
            onSubmit={form.onSubmit(({ code }) =>
              prove.mutate(isRecovery ? { recoveryCode: code.trim() } : { totp: code.replaceAll(" ", "") }),
            )}
          >
            <Stack>
              <TextInput
                key={isRecovery ? "recovery" : "totp"}
                label={isRecovery ? t("Recovery code") : t("Code of your authenticator app")}
                autoComplete="one-time-code"
                inputMode={isRecovery ? "text" : "numeric"}
                autoFocus
                required
                {...form.getInputProps("code")}
              />
              <Button type="submit" loading={prove.isPending}>
                {t("Continue")}
              </Button>
            </Stack>
          </form>
        )}
        {methods.includes("totp") && methods.includes("recovery_code") && (
          <button type="button" className="pf-link" onClick={() => setRecovery(!isRecovery)}>
            {isRecovery ? t("Use the authenticator app") : t("Use a recovery code")}
          </button>
        )}
      </Stack>
    </Door>
  );
}
