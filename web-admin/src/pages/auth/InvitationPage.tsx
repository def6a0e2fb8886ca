import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { type Session, sessionQuery } from "@/api/session";
import { useChange } from "@/forms/change";
import { NewPassword } from "@/forms/new-password";
import { Failure, Loading, Note } from "@/ui/feedback";
import { roleWord } from "@/words";
import { Door } from "./Door";
import { useEntrance } from "./LoginPage";
import { useLinkToken } from "./token";

const ACCEPTANCES = "/v1/invitations/acceptances";

/** Who accepts is answered with a session, who only looks with the invitation. */
const post = (body: Schemas["AcceptanceRequest"]) => dataOf(client.POST(ACCEPTANCES, { body }));
const accept = async (body: Schemas["AcceptanceRequest"]) => (await post(body)) as Session;
const lookAt = async (token: string) => (await post({ token })) as Schemas["Acceptance"];

/** Where an invitation's link leads. */
export function InvitationPage() {
  const { t } = useTranslation();
  const token = useLinkToken();
  const session = useQuery(sessionQuery);
  const look = useQuery({
    queryKey: ["invitation", token],
    enabled: token !== "" && session.data === null,
    retry: false,
    queryFn: () => lookAt(token),
  });
  if (!token) {
    return (
      <Door title={t("Invitation")}>
        <Note tone="warn">{t("This address lacks its token. Open the whole link of the mail.")}</Note>
      </Door>
    );
  }
  if (session.data) return <AcceptAsOneself token={token} email={session.data.person.email} />;
  return (
    <Door
      title={t("Invitation")}
      about={
        look.data &&
        t("{{organization}} asks you to join as {{role}}.", {
          organization: look.data.organization,
          role: t(roleWord(look.data.role)),
        })
      }
    >
      <Failure error={look.error} />
      {look.data ? (
        look.data.personExists ? (
          <SignInFirst email={look.data.email} />
        ) : (
          <AsNewPerson token={token} email={look.data.email} />
        )
      ) : (
        !look.error && <Loading />
      )}
    </Door>
  );
}

function SignInFirst({ email }: { email: string }) {
  const { t } = useTranslation();
  return (
    <Note>
      {t("You have an account with {{email}}.", { email })} <Link to="/login">{t("Sign in")}</Link>{" "}
      {t("and open the mail's link again.")}
    </Note>
  );
}

function AcceptAsOneself({ token, email }: { token: string; email: string }) {
  const { t } = useTranslation();
  const enter = useEntrance();
  const join = useChange({ run: () => accept({ token }), onDone: enter });
  return (
    <Door title={t("Invitation")} about={t("You are signed in as {{email}}.", { email })}>
      <Stack>
        <Failure error={join.error} />
        <Button onClick={() => join.mutate(undefined)} loading={join.isPending}>
          {t("Join")}
        </Button>
      </Stack>
    </Door>
  );
}

function AsNewPerson({ token, email }: { token: string; email: string }) {
  const { t } = useTranslation();
  const enter = useEntrance();
  const form = useForm({ mode: "uncontrolled", initialValues: { name: "", password: "" } });
  const join = useChange({
    run: (values: typeof form.values) => accept({ token, ...values }),
    onDone: enter,
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => join.mutate(values))}>
      <Stack>
        <Failure error={join.error} />
        <TextInput label={t("E-mail")} value={email} readOnly autoComplete="username" />
        <TextInput label={t("Your name")} autoComplete="name" required {...form.getInputProps("name")} />
        <NewPassword label={t("Password")} {...form.getInputProps("password")} />
        <Button type="submit" loading={join.isPending}>
          {t("Join")}
        </Button>
      </Stack>
    </form>
  );
}
