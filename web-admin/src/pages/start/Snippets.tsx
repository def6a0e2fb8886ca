import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { CodeBlock } from "@/ui/Copy";
import { Panel } from "@/ui/layout";

interface SnippetValues {
  base: string;
  key: string;
  application: string;
  to: string;
}

/** The same in code, with the real values. */
export function Snippets({
  application,
  to,
  apiKey = "YOUR_API_KEY",
}: {
  application: Schemas["Application"];
  to: string;
  apiKey?: string;
}) {
  const { t } = useTranslation();
  const values = {
    base: window.location.origin,
    key: apiKey,
    application: application.applicationId,
    to: to.replace(/[^0-9+]/g, ""),
  };
  return (
    <Panel
      title={t("4. The same from your server")}
      about={t("With an API key of yours. A sandbox key's messages go to the simulated phone.")}
    >
      <Tabs defaultValue="curl">
        <Tabs.List mb="sm">
          {Object.keys(SNIPPETS).map((name) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {Object.entries(SNIPPETS).map(([name, write]) => (
          <Tabs.Panel key={name} value={name}>
            <CodeBlock text={write(values)} label={name} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Panel>
  );
}

const SNIPPETS: Record<string, (values: SnippetValues) => string> = {
  curl: ({ base, key, application, to }) => `# Send
curl -sS ${base}/v1/otp \\
  -H 'Authorization: App ${key}' -H 'Content-Type: application/json' \\
  -d '{"to":"${to}","applicationId":"${application}"}'

# Verify what the person typed
curl -sS ${base}/v1/otp/verify \\
  -H 'Authorization: App ${key}' -H 'Content-Type: application/json' \\
  -d '{"to":"${to}","code":"123456","applicationId":"${application}"}'`,
  TypeScript: ({ base, key, application, to }) => `const pinfold = (path: string, body: object) =>
  fetch("${base}" + path, {
    method: "POST",
    headers: { authorization: "App ${key}", "content-type": "application/json" },
    body: JSON.stringify({ applicationId: "${application}", ...body }),
  }).then((answer) => answer.json());

await pinfold("/v1/otp", { to: "${to}" });
const { matched } = await pinfold("/v1/otp/verify", { to: "${to}", code: "123456" });`,
  Python: ({ base, key, application, to }) => `import requests

def pinfold(path, **body):
    return requests.post(
        "${base}" + path,
        headers={"Authorization": "App ${key}"},
        json={"applicationId": "${application}", **body},
        timeout=10,
    ).json()

pinfold("/v1/otp", to="${to}")
matched = pinfold("/v1/otp/verify", to="${to}", code="123456")["matched"]`,
  "Infobip client": ({ base, key, application, to }) => `# pip install infobip-api-python-client: only the host changes
from infobip_api_client import ApiClient, Configuration, TfaApi, TfaStartAuthenticationRequest, TfaVerifyPinRequest

client = ApiClient(Configuration(host="${base}", api_key={"APIKeyHeader": "${key}"}, api_key_prefix={"APIKeyHeader": "App"}))
tfa = TfaApi(client)
sent = tfa.send_tfa_pin_code_over_sms(
    TfaStartAuthenticationRequest(application_id="${application}", message_id="YOUR_TEMPLATE_ID", to="${to.replace("+", "")}")
)
tfa.verify_tfa_phone_number(sent.pin_id, TfaVerifyPinRequest(pin="123456"))`,
};
