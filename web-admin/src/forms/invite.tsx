import { Button, Radio, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { client } from "@/api/client";
import { Failure } from "@/ui/feedback";
import { ROLES } from "@/words";
import { useChange } from "./change";

/** Asks somebody by mail. */
export function Invite({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { email: "", role: "developer" } });
  const invite = useChange({
    run: (body: { email: string; role: string }) => client.POST("/v1/invitations", { body }),
    stale: ["/v1/invitations"],
    says: t("The invitation is on its way."),
    onDone,
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => invite.mutate(values))}>
      <Stack>
        <Failure error={invite.error} />
        <TextInput label={t("E-mail")} type="email" required data-autofocus {...form.getInputProps("email")} />
        <Radio.Group label={t("Role")} {...form.getInputProps("role")}>
          <Stack gap="xs" mt={6}>
            {ROLES.map((role) => (
              <Radio key={role.value} value={role.value} label={t(role.label)} description={t(role.about)} />
            ))}
          </Stack>
        </Radio.Group>
        <Button type="submit" loading={invite.isPending}>
          {t("Invite")}
        </Button>
      </Stack>
    </form>
  );
}
