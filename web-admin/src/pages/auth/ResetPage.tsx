import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client } from "@/api/client";
import { useChange } from "@/forms/change";
import { NewPassword } from "@/forms/new-password";
import { Failure, Note } from "@/ui/feedback";
import { Door } from "./Door";
import { useLinkToken } from "./token";

/** A new password: first the question for a link, then, behind the link, the password. */
export function ResetPage() {
  const { t } = useTranslation();
  const token = useLinkToken();
  return (
    <Door title={t("A new password")}>
      {token ? <SetPassword token={token} /> : <AskForLink />}
      <p className="pf-small" style={{ marginTop: "1.25rem" }}>
        <Link to="/login">{t("Back to sign-in")}</Link>
      </p>
    </Door>
  );
}

function AskForLink() {
  const { t } = useTranslation();
  const form = useForm({ mode: "uncontrolled", initialValues: { email: "" } });
  const ask = useChange({ run: (body: { email: string }) => client.POST("/v1/password-resets", { body }) });
  if (ask.isSuccess)
    return <Note tone="good">{t("If there is such an account, a mail with a link is on its way.")}</Note>;
  return (
    <form onSubmit={form.onSubmit((values) => ask.mutate(values))}>
      <Stack>
        <Failure error={ask.error} />
        <TextInput label={t("E-mail")} type="email" autoComplete="username" required {...form.getInputProps("email")} />
        <Button type="submit" loading={ask.isPending}>
          {t("Send a link")}
        </Button>
      </Stack>
    </form>
  );
}

function SetPassword({ token }: { token: string }) {
  const { t } = useTranslation();
  const form = useForm({ mode: "uncontrolled", initialValues: { password: "" } });
  const set = useChange({
    run: (values: { password: string }) =>
      client.POST("/v1/password-resets/confirmations", { body: { token, ...values } }),
    form,
  });
  if (set.isSuccess)
    return <Note tone="good">{t("The password is changed, and every session has ended. Sign in with it.")}</Note>;
  return (
    <form onSubmit={form.onSubmit((values) => set.mutate(values))}>
      <Stack>
        <Failure error={set.error} />
        <NewPassword label={t("New password")} {...form.getInputProps("password")} />
        <Button type="submit" loading={set.isPending}>
          {t("Change the password")}
        </Button>
      </Stack>
    </form>
  );
}
