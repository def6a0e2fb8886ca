import { Button, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Session } from "@/api/session";
import { RecoveryCodes, TotpSetup } from "@/forms/totp";
import { Door } from "./Door";

/** Roles that may change much need a second factor before anything else. */
export function Enrolment({ onDone }: { onDone: (session: Session) => void }) {
  const { t } = useTranslation();
  const [done, setDone] = useState<{ session: Session; codes?: string[] }>();
  return (
    <Door
      title={t("Protect your account")}
      about={t("Your role may change how people sign in everywhere. It needs a second step besides the password.")}
    >
      {done ? (
        <Stack>
          {done.codes && <RecoveryCodes codes={done.codes} />}
          <Button onClick={() => onDone(done.session)}>{t("Continue")}</Button>
        </Stack>
      ) : (
        <TotpSetup onDone={(session, codes) => setDone({ session, codes })} />
      )}
    </Door>
  );
}
