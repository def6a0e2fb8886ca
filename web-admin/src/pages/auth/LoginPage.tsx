import { Anchor, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconBuilding, IconFingerprint } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, dataOf } from "@/api/client";
import { getPasskey, knowsPasskeys } from "@/api/passkeys";
import { type Session, sessionQuery, useSessionChange } from "@/api/session";
import { PROBLEMS, signOnAddress } from "@/api/sign-on";
import { useChange } from "@/forms/change";
import { useAddress } from "@/table/state";
import { Failure, Note } from "@/ui/feedback";
import { Door } from "./Door";
import { Enrolment } from "./Enrolment";
import { SecondFactor } from "./SecondFactor";

/** Signing in: password, then the second factor, or the enrolment of one where the role asks for it. */
export function LoginPage() {
  const { t } = useTranslation();
  const session = useQuery(sessionQuery);
  const enter = useEntrance();
  if (session.data?.state === "second_factor_required")
    return <SecondFactor methods={session.data.methods} onDone={enter} />;
  if (session.data?.state === "second_factor_enrolment_required") return <Enrolment onDone={enter} />;
  return (
    <Door title={t("Sign in")}>
      <Mishap isSignedIn={session.data?.state === "signed_in"} />
      <Password onDone={enter} />
      {knowsPasskeys() && <Passkey onDone={enter} />}
      <Organization />
      <p className="pf-small pf-soft" style={{ marginTop: "1.25rem" }}>
        {t("New here?")} <Link to="/sign-up">{t("Create an account")}</Link>
      </p>
    </Door>
  );
}

/** Takes the new session, and goes where the person wanted to. */
export function useEntrance() {
  const navigate = useNavigate();
  const address = useAddress();
  const change = useSessionChange();
  return (session: Session) => {
    change(session);
    if (session.state !== "signed_in") return;
    const next = address.get("next");
    // Only pages of the console itself.
    const isOwn = next.startsWith("/") && !next.startsWith("//");
    const path = next.startsWith("/console") ? next.slice("/console".length) : next;
    void navigate({ to: isOwn ? path.split("?")[0] || "/" : "/", search: isOwn ? wordsOf(next) : {} });
  };
}

const wordsOf = (address: string) => Object.fromEntries(new URLSearchParams(address.split("?")[1] ?? ""));

/** Signing in without a password: the device says who it is, and has verified it. */
function Passkey({ onDone }: { onDone: (session: Session) => void }) {
  const { t } = useTranslation();
  const signIn = useChange({
    run: async () => dataOf(client.POST("/v1/session/passkey", { body: await getPasskey() })),
    onDone,
  });
  return (
    <Stack mt="sm">
      <Failure error={signIn.error} />
      <Button
        variant="default"
        leftSection={<IconFingerprint size={17} />}
        loading={signIn.isPending}
        onClick={() => signIn.mutate(undefined)}
        fullWidth
      >
        {t("Use a passkey")}
      </Button>
    </Stack>
  );
}

/** What came of a sign-in elsewhere, when nothing did. */
function Mishap({ isSignedIn }: { isSignedIn: boolean }) {
  const { t } = useTranslation();
  const problem = PROBLEMS[useAddress().get("problem")];
  if (!problem) return null;
  return (
    <div style={{ marginBottom: "1.25rem" }}>
      <Note tone="bad">
        {t(problem.says)} {isSignedIn && <Link to="/">{t("Back to the console")}</Link>}
      </Note>
    </div>
  );
}

/** Signing in at one's organization, which is asked for by its short name; a link may bring it along. */
function Organization() {
  const { t } = useTranslation();
  const address = useAddress();
  const given = address.get("organization");
  const [isOpen, setOpen] = useState(given !== "");
  const form = useForm({ initialValues: { organization: given } });
  const next = address.get("next");
  if (!isOpen)
    return (
      <Button
        mt="sm"
        variant="default"
        leftSection={<IconBuilding size={17} />}
        onClick={() => setOpen(true)}
        fullWidth
      >
        {t("Sign in with your organization")}
      </Button>
    );
  return (
    <form
      onSubmit={form.onSubmit(({ organization }) =>
        window.location.assign(
          signOnAddress({
            organization: organization.trim(),
            next: next ? `/console${next.replace(/^\/console/, "")}` : undefined,
          }),
        ),
      )}
    >
      <Stack mt="lg">
        <TextInput
          label={t("Short name of your organization")}
          autoCapitalize="none"
          autoComplete="organization"
          spellCheck={false}
          required
          data-autofocus
          {...form.getInputProps("organization")}
        />
        <Button type="submit" variant="default" leftSection={<IconBuilding size={17} />} fullWidth>
          {t("Sign in with your organization")}
        </Button>
      </Stack>
    </form>
  );
}

function Password({ onDone }: { onDone: (session: Session) => void }) {
  const { t } = useTranslation();
  const form = useForm({ mode: "uncontrolled", initialValues: { email: "", password: "" } });
  const signIn = useChange({
    run: (body: { email: string; password: string }) => dataOf(client.POST("/v1/session", { body })),
    onDone,
  });
  return (
    <form onSubmit={form.onSubmit((values) => signIn.mutate(values))}>
      <Stack>
        <Failure error={signIn.error} />
        <TextInput label={t("E-mail")} type="email" autoComplete="username" required {...form.getInputProps("email")} />
        <div>
          <PasswordInput
            label={t("Password")}
            autoComplete="current-password"
            required
            visibilityToggleButtonProps={{ "aria-label": t("Show the password") }}
            {...form.getInputProps("password")}
          />
          <Anchor component={Link} to="/reset" size="sm" mt={6} display="inline-block">
            {t("Forgotten?")}
          </Anchor>
        </div>
        <Button type="submit" loading={signIn.isPending} fullWidth>
          {t("Sign in")}
        </Button>
      </Stack>
    </form>
  );
}
