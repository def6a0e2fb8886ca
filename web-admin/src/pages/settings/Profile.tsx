import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { client } from "@/api/client";
import { sessionQuery, useSession } from "@/api/session";
import { useChange } from "@/forms/change";
import { NewPassword } from "@/forms/new-password";
import { Failure } from "@/ui/feedback";
import { Panel } from "@/ui/layout";

const SESSION = String(sessionQuery.queryKey[0]);

/** Name and password. */
export function Profile() {
  const { t } = useTranslation();
  const { person } = useSession();
  const form = useForm({ initialValues: { name: person.name } });
  const save = useChange({
    run: (body: { name: string }) => client.PUT("/v1/me", { body }),
    stale: [SESSION],
    says: t("Saved."),
    form,
  });
  return (
    <div className="pf-stack">
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Panel
          title={t("You")}
          about={
            person.managed ? t("Your organization's own sign-in looks after name, address and password.") : undefined
          }
          footer={
            !person.managed && (
              <Button type="submit" variant="default" loading={save.isPending} disabled={!form.isDirty()}>
                {t("Save")}
              </Button>
            )
          }
        >
          <Stack>
            <Failure error={save.error} />
            <TextInput
              label={t("Your name")}
              required
              autoComplete="name"
              readOnly={person.managed}
              {...form.getInputProps("name")}
            />
            <TextInput label={t("E-mail")} value={person.email} readOnly />
          </Stack>
        </Panel>
      </form>
      {!person.managed && <Password />}
    </div>
  );
}

function Password() {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { password: "" } });
  const save = useChange({
    run: (body: { password: string }) => client.PUT("/v1/me/password", { body }),
    stale: [SESSION],
    says: t("The password is changed. Every other session has ended."),
    onDone: () => form.reset(),
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Panel
        title={t("Password")}
        about={t("Changing it ends every other session of yours.")}
        footer={
          <Button type="submit" variant="default" loading={save.isPending} disabled={!form.isDirty()}>
            {t("Change the password")}
          </Button>
        }
      >
        <Stack>
          <Failure error={save.error} />
          <NewPassword label={t("New password")} {...form.getInputProps("password")} />
        </Stack>
      </Panel>
    </form>
  );
}
