import { Button, PasswordInput, Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { api, client, type Schemas } from "@/api/client";
import { useChange } from "@/forms/change";
import { Confirm } from "@/ui/Confirm";
import { Copyable } from "@/ui/Copy";
import { Failure, Loading } from "@/ui/feedback";
import { Facts, Panel } from "@/ui/layout";
import { ROLES } from "@/words";

const PATH = "/v1/single-sign-on";
/** What stands for a role where nobody new comes in. */
const NOBODY = "none";

/** Signing in at the organization's own OpenID provider. */
export function SingleSignOn() {
  const { data, error, refetch } = api.useQuery("get", PATH);
  if (error) return <Failure error={error} onRetry={() => refetch()} />;
  if (!data) return <Loading />;
  return (
    <div className="pf-stack">
      <Addresses setting={data} />
      <Provider key={JSON.stringify(data)} setting={data} />
    </div>
  );
}

function Addresses({ setting }: { setting: Schemas["SingleSignOn"] }) {
  const { t } = useTranslation();
  return (
    <Panel
      title={t("For your provider")}
      about={t("Register this installation there as a confidential web client with this redirect address.")}
    >
      <Facts
        facts={[
          [t("Redirect URI"), <Copyable key="redirect" text={setting.redirectUri} />],
          [t("Where people sign in"), <Copyable key="sign-in" text={setting.signInUrl} />],
        ]}
      />
    </Panel>
  );
}

function Provider({ setting }: { setting: Schemas["SingleSignOn"] }) {
  const { t } = useTranslation();
  const [isAsking, asking] = useDisclosure();
  const isOn = typeof setting.issuer === "string";
  const form = useForm({
    initialValues: {
      issuer: setting.issuer ?? "",
      clientId: setting.clientId ?? "",
      clientSecret: "",
      newMembersRole: setting.newMembersRole,
      allowedDomains: setting.allowedDomains,
    },
  });
  const save = useChange({
    run: ({ clientSecret, ...rest }: typeof form.values) =>
      client.PUT(PATH, { body: { ...rest, issuer: rest.issuer.trim(), ...(clientSecret && { clientSecret }) } }),
    stale: [PATH],
    says: t("The provider answers. People can sign in there."),
    form,
  });
  const stop = useChange({
    run: () => client.DELETE(PATH),
    stale: [PATH, "/v1/members"],
    says: t("Nobody signs in so any more."),
    onDone: asking.close,
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Panel
        title={t("Single sign-on")}
        about={t(
          "People sign in at your OpenID provider. Who comes in so belongs to this organization alone, and loses access when the provider lets them in no more.",
        )}
        footer={
          <>
            <Button type="submit" loading={save.isPending} disabled={isOn && !form.isDirty()}>
              {isOn ? t("Save") : t("Turn on")}
            </Button>
            {isOn && (
              <Button variant="default" onClick={asking.open}>
                {t("Turn off")}
              </Button>
            )}
          </>
        }
      >
        <Stack>
          <Failure error={save.error} />
          <TextInput
            label={t("Issuer")}
            description={t("Exactly as the provider calls itself, such as https://login.example.com.")}
            required
            spellCheck={false}
            {...form.getInputProps("issuer")}
          />
          <TextInput
            label={t("Client ID")}
            required
            autoComplete="off"
            spellCheck={false}
            {...form.getInputProps("clientId")}
          />
          <PasswordInput
            label={t("Client secret")}
            description={isOn ? t("Left empty, it stays as it is.") : undefined}
            required={!isOn}
            autoComplete="off"
            visibilityToggleButtonProps={{ "aria-label": t("Show the secret") }}
            {...form.getInputProps("clientSecret")}
          />
          <Select
            label={t("Role of new members")}
            allowDeselect={false}
            data={[
              ...ROLES.filter(({ value }) => value !== "owner").map(({ value, label }) => ({ value, label: t(label) })),
              { value: NOBODY, label: t("Nobody new comes in") },
            ]}
            {...form.getInputProps("newMembersRole")}
          />
          <TagsInput
            label={t("E-mail domains")}
            description={t("Only addresses of these domains come in. Without any, every address does.")}
            placeholder="example.com"
            splitChars={[",", " "]}
            {...form.getInputProps("allowedDomains")}
          />
        </Stack>
      </Panel>
      <Confirm
        opened={isAsking}
        onClose={asking.close}
        title={t("Turn single sign-on off?")}
        verb={t("Turn off")}
        loading={stop.isPending}
        error={stop.error}
        onConfirm={() => stop.mutate(undefined)}
      >
        {t("Everybody who signed in so is signed out, and has no other way in.")}
      </Confirm>
    </form>
  );
}
