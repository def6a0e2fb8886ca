import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { Failure, Note } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { useChange } from "./change";

interface TestNumbersFormProps {
  appId: string;
  numbers: Schemas["TestNumber"][];
  disabled: boolean;
}

const PATH = "/v1/applications/{appId}/test-numbers";
const MOST = 20;

/** The numbers of an application whose code is always the same. */
export function TestNumbersForm({ appId, numbers, disabled }: TestNumbersFormProps) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { testNumbers: numbers } });
  const save = useChange({
    run: (body: typeof form.values) => dataOf(client.PUT(PATH, { params: { path: { appId } }, body })),
    stale: [PATH],
    says: t("The test numbers hold within seconds."),
    form,
  });
  const rows = form.values.testNumbers;
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Panel
        title={t("Test numbers")}
        about={t(
          "For app reviews, automated tests and demonstrations: a PIN to one of them always has its code, nothing is sent and nothing costs.",
        )}
        footer={
          <Button type="submit" variant="default" disabled={disabled || !form.isDirty()} loading={save.isPending}>
            {t("Save the test numbers")}
          </Button>
        }
      >
        <Stack>
          <Note tone="warn">
            {t(
              "A fixed code is known to whoever was told: they get in with that number, live keys included. Take numbers that belong to no customer, and remove them when they are not needed any more.",
            )}
          </Note>
          <Failure error={save.error} />
          {rows.length === 0 && <p className="pf-hint">{t("No test number yet.")}</p>}
          {rows.map((_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place.
            <div key={index} style={{ display: "flex", gap: "0.5rem", alignItems: "flex-start", flexWrap: "wrap" }}>
              <TextInput
                aria-label={t("Phone number {{number}}", { number: index + 1 })}
                placeholder="+41 79 302 67 27"
                type="tel"
                style={{ flex: "1 1 12rem" }}
                maxLength={40}
                disabled={disabled}
                {...form.getInputProps(`testNumbers.${index}.phoneNumber`)}
              />
              <TextInput
                aria-label={t("Code {{number}}", { number: index + 1 })}
                placeholder="123456"
                inputMode="numeric"
                autoComplete="off"
                w={130}
                maxLength={10}
                disabled={disabled}
                {...form.getInputProps(`testNumbers.${index}.code`)}
              />
              <button
                type="button"
                className="pf-icon"
                aria-label={t("Remove test number {{number}}", { number: index + 1 })}
                disabled={disabled}
                onClick={() => form.removeListItem("testNumbers", index)}
              >
                <IconTrash size={16} aria-hidden />
              </button>
            </div>
          ))}
          <div className="pf-actions">
            <Button
              variant="subtle"
              leftSection={<IconPlus size={15} />}
              disabled={disabled || rows.length >= MOST}
              onClick={() => form.insertListItem("testNumbers", { phoneNumber: "", code: "" })}
            >
              {t("Add a test number")}
            </Button>
          </div>
        </Stack>
      </Panel>
    </form>
  );
}
