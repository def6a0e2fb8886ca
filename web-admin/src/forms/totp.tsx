import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, dataOf } from "@/api/client";
import type { Session } from "@/api/session";
import { CodeBlock, Copyable } from "@/ui/Copy";
import { Failure, Loading, Note } from "@/ui/feedback";
import { useChange } from "./change";

/** Shows a picture to scan, and takes the first code. */
export function TotpSetup({ onDone }: { onDone: (session: Session, codes?: string[]) => void }) {
  const { t } = useTranslation();
  // Each visit makes a new secret; one that was not confirmed is worth nothing.
  const totp = useQuery({
    queryKey: ["totp"],
    queryFn: () => dataOf(client.POST("/v1/me/totp")),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  const form = useForm({ mode: "uncontrolled", initialValues: { code: "" } });
  const confirm = useChange({
    run: ({ code }: { code: string }) =>
      dataOf(client.POST("/v1/me/totp/confirmation", { body: { code: code.replaceAll(" ", "") } })),
    onDone: ({ recoveryCodes, ...session }) => onDone(session, recoveryCodes),
  });
  if (totp.error) return <Failure error={totp.error} onRetry={() => totp.refetch()} />;
  if (!totp.data) return <Loading />;
  return (
    <form onSubmit={form.onSubmit((values) => confirm.mutate(values))}>
      <Stack>
        <p>{t("Scan this with an authenticator app, or type the secret into it.")}</p>
        <img
          src={`data:image/svg+xml;utf8,${encodeURIComponent(totp.data.qrSvg)}`}
          alt={t("The secret as a picture to scan")}
          width={184}
          height={184}
          style={{ background: "#fff", borderRadius: 8, padding: 8 }}
        />
        <Copyable text={totp.data.secret} />
        <Failure error={confirm.error} />
        <TextInput
          label={t("The code it shows")}
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          {...form.getInputProps("code")}
        />
        <Button type="submit" loading={confirm.isPending}>
          {t("Confirm")}
        </Button>
      </Stack>
    </form>
  );
}

/** Codes for the day the device is lost; shown once. */
export function RecoveryCodes({ codes }: { codes: string[] }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      <Note tone="warn">
        {t("Keep these recovery codes somewhere safe. Each works once, and they are not shown again.")}
      </Note>
      <CodeBlock text={codes.join("\n")} label={t("Recovery codes")} />
    </Stack>
  );
}
