import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, dataOf } from "@/api/client";
import { useChange } from "@/forms/change";
import { Failure } from "@/ui/feedback";
import { Door } from "./Door";
import { useEntrance } from "./LoginPage";

/** A new organization, for people who belong to none or want one more. */
export function OrganizationPage() {
  const { t } = useTranslation();
  const enter = useEntrance();
  const queries = useQueryClient();
  const form = useForm({ mode: "uncontrolled", initialValues: { name: "" } });
  const create = useChange({
    run: (body: { name: string }) => dataOf(client.POST("/v1/tenants", { body })),
    form,
    onDone: (session) => {
      queries.clear();
      enter(session);
    },
  });
  return (
    <Door title={t("New organization")} about={t("It has its own applications, providers, keys and members.")}>
      <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
        <Stack>
          <Failure error={create.error} />
          <TextInput label={t("Name")} autoComplete="organization" required {...form.getInputProps("name")} />
          <Button type="submit" loading={create.isPending}>
            {t("Create")}
          </Button>
        </Stack>
      </form>
      <p className="pf-small" style={{ marginTop: "1.25rem" }}>
        <Link to="/">{t("Back")}</Link>
      </p>
    </Door>
  );
}
