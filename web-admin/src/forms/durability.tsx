import { Button, Radio, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { client } from "@/api/client";
import { Failure } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { useChange } from "./change";

const PATH = "/v1/applications/{appId}/durability";

interface DurabilityFormProps {
  appId: string;
  durability: string;
  disabled: boolean;
}

/** How sure an application's answers are. */
export function DurabilityForm({ appId, durability, disabled }: DurabilityFormProps) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { durability } });
  const save = useChange({
    run: (body: typeof form.values) => client.PUT(PATH, { params: { path: { appId } }, body }),
    stale: [PATH],
    says: t("Saved."),
    onDone: () => form.resetDirty(),
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Panel
        title={t("Durability")}
        about={t("What must have happened before a send or a check is answered.")}
        footer={
          <Button type="submit" variant="default" loading={save.isPending} disabled={disabled || !form.isDirty()}>
            {t("Save")}
          </Button>
        }
      >
        <Stack>
          <Failure error={save.error} />
          <Radio.Group aria-label={t("Durability")} {...form.getInputProps("durability")}>
            <Stack>
              <Radio
                value="standard"
                label={t("Standard")}
                description={t("Redis has it. When its machine dies, up to the last second of changes may be lost.")}
                disabled={disabled}
              />
              <Radio
                value="strict"
                label={t("Strict")}
                description={t("A replica has it, too. While none follows, sends and checks are refused.")}
                disabled={disabled}
              />
            </Stack>
          </Radio.Group>
        </Stack>
      </Panel>
    </form>
  );
}
