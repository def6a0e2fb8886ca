import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, client, dataOf, type Schemas } from "@/api/client";
import { sessionQuery, useMay } from "@/api/session";
import { useChange } from "@/forms/change";
import { Confirm } from "@/ui/Confirm";
import { Copyable } from "@/ui/Copy";
import { Failure, Loading } from "@/ui/feedback";
import { Facts, Panel } from "@/ui/layout";
import { download } from "@/util/csv";
import { dateTime } from "@/util/format";

type Tenant = Schemas["Tenant"];
const PATH = "/v1/tenant";

/** The organization: its name, all its data as a file, and its end. */
export function Organization() {
  const { data, error, refetch } = api.useQuery("get", PATH);
  if (error) return <Failure error={error} onRetry={() => refetch()} />;
  if (!data) return <Loading />;
  return (
    <div className="pf-stack">
      <Named key={data.name} tenant={data} />
      <Leaving tenant={data} />
    </div>
  );
}

function Named({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  const may = useMay();
  const form = useForm({ initialValues: { name: tenant.name } });
  const save = useChange({
    run: (body: { name: string }) => client.PUT(PATH, { body }),
    stale: [PATH, String(sessionQuery.queryKey[0])],
    says: t("Saved."),
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Panel
        title={t("Organization")}
        footer={
          <Button
            type="submit"
            variant="default"
            loading={save.isPending}
            disabled={!may("tenant:manage") || !form.isDirty()}
          >
            {t("Save")}
          </Button>
        }
      >
        <Stack>
          <Failure error={save.error} />
          <TextInput label={t("Name")} required disabled={!may("tenant:manage")} {...form.getInputProps("name")} />
          <Facts
            facts={[
              [t("Id"), <Copyable key="id" text={tenant.id} />],
              [t("Short name"), <code key="slug">{tenant.slug}</code>],
              [t("Since"), dateTime(tenant.createdAt)],
              [t("Members"), tenant.members],
            ]}
          />
        </Stack>
      </Panel>
    </form>
  );
}

function Leaving({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  const may = useMay();
  const queries = useQueryClient();
  const router = useRouter();
  const [isAsking, asking] = useDisclosure();
  const save = useChange({
    run: () => dataOf(client.POST("/v1/tenant/export")),
    onDone: (everything) => download(`${tenant.slug}.json`, JSON.stringify(everything, null, 2), "application/json"),
  });
  const end = useChange({
    run: () => client.DELETE(PATH, { body: { slug: tenant.slug } }),
    onDone: async () => {
      queries.clear();
      await router.invalidate();
    },
  });
  const isFixed = !may("tenant:manage");
  return (
    <Panel
      title={t("Taking everything along")}
      about={t("Configuration, verifications and audit log as one file. Credentials are not in it.")}
    >
      <div className="pf-stack">
        <Failure error={save.error} />
        <div className="pf-actions">
          <Button variant="default" disabled={isFixed} loading={save.isPending} onClick={() => save.mutate(undefined)}>
            {t("Export")}
          </Button>
          <Button color="var(--pf-danger)" disabled={isFixed} onClick={asking.open}>
            {t("Delete the organization")}
          </Button>
        </div>
      </div>
      <Confirm
        opened={isAsking}
        onClose={asking.close}
        title={t("Delete the organization?")}
        verb={t("Delete everything")}
        typed={tenant.slug}
        loading={end.isPending}
        error={end.error}
        onConfirm={() => end.mutate(undefined)}
      >
        {t(
          "Its applications, keys, members and all it ever sent are erased. PINs on their way die. This cannot be undone.",
        )}
      </Confirm>
    </Panel>
  );
}
