import { Button, Group, Modal, Stack, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { client } from "@/api/client";
import { TENANTS, type TenantFigures } from "@/api/platform";
import { Failure, Note } from "@/ui/feedback";
import { useChange } from "./change";

/** Closes an organization, for a reason that is kept. */
export function Suspend({ tenant, onClose }: { tenant?: TenantFigures; onClose: () => void }) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { reason: "" } });
  const suspend = useChange({
    run: (body: { reason: string }) =>
      client.PUT("/v1/operator/tenants/{id}/suspension", { params: { path: { id: tenant?.id ?? "" } }, body }),
    stale: [TENANTS],
    says: t("The organization is suspended."),
    onDone: onClose,
    form,
  });
  return (
    <Modal opened={tenant !== undefined} onClose={onClose} title={t("Suspend {{name}}?", { name: tenant?.name ?? "" })}>
      <form onSubmit={form.onSubmit((values) => suspend.mutate(values))}>
        <Stack>
          <Note tone="warn">
            {t("From now on it can neither send nor verify, and its people cannot work for it. Nothing is deleted.")}
          </Note>
          <Textarea
            label={t("Reason")}
            description={t("For the record; it stands in the audit log.")}
            required
            maxLength={1000}
            autosize
            minRows={2}
            data-autofocus
            {...form.getInputProps("reason")}
          />
          <Failure error={suspend.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("Cancel")}
            </Button>
            <Button type="submit" color="var(--pf-danger)" loading={suspend.isPending}>
              {t("Suspend")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
