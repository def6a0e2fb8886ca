import { Button, NumberInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, client } from "@/api/client";
import { useMay } from "@/api/session";
import { Failure, Loading, Note } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { useChange } from "./change";

const PATH = "/v1/retention";

/** For how long verifications lead to people. */
export function Retention() {
  const { data, error, refetch } = api.useQuery("get", PATH);
  if (error) return <Failure error={error} onRetry={() => refetch()} />;
  if (!data) return <Loading />;
  return <Days key={data.recipientDays} days={data.recipientDays} />;
}

function Days({ days }: { days: number }) {
  const { t } = useTranslation();
  const may = useMay();
  const isFixed = !may("tenant:manage");
  const form = useForm({ initialValues: { recipientDays: days as number | string } });
  const wanted = Number(form.values.recipientDays);
  const save = useChange({
    run: (values: { recipientDays: number | string }) =>
      client.PUT(PATH, { body: { recipientDays: Number(values.recipientDays) } }),
    stale: [PATH],
    says: t("Saved."),
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Panel
        title={t("How long people are remembered")}
        about={t("PINs are never kept. This is about whom they went to.")}
        footer={
          <Button type="submit" variant="default" loading={save.isPending} disabled={isFixed || !form.isDirty()}>
            {t("Save")}
          </Button>
        }
      >
        <Stack>
          <Failure error={save.error} />
          <NumberInput
            label={t("Days")}
            description={t("Between 1 and 3650.")}
            required
            w={160}
            min={1}
            max={3650}
            allowDecimal={false}
            disabled={isFixed}
            {...form.getInputProps("recipientDays")}
          />
          <p className="pf-hint">
            {t("After {{count}} days a verification forgets its recipient and is a figure from then on.", {
              count: wanted || days,
            })}
          </p>
          {wanted > 0 && wanted < days && (
            <Note tone="warn">
              {t("What is older than that is forgotten within the hour, and nobody can bring it back.")}
            </Note>
          )}
        </Stack>
      </Panel>
    </form>
  );
}
