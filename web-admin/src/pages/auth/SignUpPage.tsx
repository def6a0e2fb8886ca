import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client } from "@/api/client";
import { useChange } from "@/forms/change";
import { NewPassword } from "@/forms/new-password";
import { Failure, Note } from "@/ui/feedback";
import { Door } from "./Door";

/** A person and their organization ask to be let in; a mail's link confirms. */
export function SignUpPage() {
  const { t } = useTranslation();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", organization: "", email: "", password: "" },
  });
  const signUp = useChange({
    run: (body: typeof form.values) => client.POST("/v1/sign-up", { body }),
    form,
  });
  if (signUp.isSuccess) {
    return (
      <Door title={t("Look into your mail")}>
        <Note tone="good">
          {t("We sent a link to {{email}}. It works for a day.", { email: signUp.variables.email })}
        </Note>
      </Door>
    );
  }
  return (
    <Door
      title={t("Create an account")}
      about={t("Free to try: messages go to a simulated phone until you connect a provider.")}
    >
      <form onSubmit={form.onSubmit((values) => signUp.mutate(values))}>
        <Stack>
          <Failure error={signUp.error} />
          <TextInput label={t("Your name")} autoComplete="name" required {...form.getInputProps("name")} />
          <TextInput
            label={t("Organization")}
            autoComplete="organization"
            required
            {...form.getInputProps("organization")}
          />
          <TextInput
            label={t("E-mail")}
            type="email"
            autoComplete="username"
            required
            {...form.getInputProps("email")}
          />
          <NewPassword label={t("Password")} {...form.getInputProps("password")} />
          <Button type="submit" loading={signUp.isPending}>
            {t("Create the account")}
          </Button>
        </Stack>
      </form>
      <p className="pf-small pf-soft" style={{ marginTop: "1.25rem" }}>
        {t("You have one?")} <Link to="/login">{t("Sign in")}</Link>
      </p>
    </Door>
  );
}
