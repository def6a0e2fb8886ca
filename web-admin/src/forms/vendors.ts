/** What each kind of provider connection asks for. Texts are English keys of the catalogue. */
export interface VendorField {
  name: string;
  label: string;
  hint?: string;
  placeholder?: string;
  required?: boolean;
  /** Never shown again; `***` keeps what is stored. */
  secret?: boolean;
  kind?: "text" | "number" | "lines";
  options?: string[];
}

export interface Vendor {
  kind: string;
  name: string;
  about: string;
  carries: string[];
  fields: VendorField[];
}

const sender: VendorField = {
  name: "sender",
  label: "Sender",
  hint: "Used when neither template nor request name one.",
};
const baseUrl: VendorField = { name: "base_url", label: "API address", hint: "Leave empty for the vendor's own." };

export const VENDORS: Vendor[] = [
  {
    kind: "simulator",
    name: "Simulator",
    about: "A phone in the browser. Nothing leaves, nothing costs.",
    carries: ["sms", "voice", "email"],
    fields: [],
  },
  {
    kind: "infobip",
    name: "Infobip",
    about: "SMS, voice and e-mail, number lookup",
    carries: ["sms", "voice", "email"],
    fields: [
      {
        name: "base_url",
        label: "API address",
        placeholder: "https://xyz.api.infobip.com",
        hint: "Your account's own address.",
      },
      { name: "api_key", label: "API key", required: true, secret: true },
      sender,
      { name: "email_from", label: "E-mail sender", placeholder: "no-reply@example.com" },
    ],
  },
  {
    kind: "twilio",
    name: "Twilio",
    about: "SMS, WhatsApp and voice, number lookup",
    carries: ["sms", "voice"],
    fields: [
      { name: "account_sid", label: "Account SID", placeholder: "AC…", required: true },
      { name: "auth_token", label: "Auth token", required: true, secret: true, hint: "Receipts are checked by it." },
      { name: "api_key_sid", label: "API key SID", placeholder: "SK…" },
      { name: "api_key_secret", label: "API key secret", secret: true },
      { name: "service", label: "Texts go by", options: ["sms", "whatsapp"] },
      { name: "messaging_service_sid", label: "Messaging service SID", placeholder: "MG…" },
      { name: "content_sid", label: "WhatsApp template SID", placeholder: "HX…" },
      sender,
      baseUrl,
    ],
  },
  {
    kind: "vonage",
    name: "Vonage",
    about: "SMS, messages and voice",
    carries: ["sms", "voice"],
    fields: [
      { name: "api_key", label: "API key" },
      { name: "api_secret", label: "API secret", secret: true },
      { name: "application_id", label: "Application id" },
      { name: "private_key", label: "Private key (PEM)", secret: true, kind: "lines" },
      {
        name: "signature_secret",
        label: "Signature secret",
        secret: true,
        hint: "With it, receipts without its signature are refused.",
      },
      { name: "sms_api", label: "SMS go by", options: ["sms", "messages"] },
      sender,
      baseUrl,
    ],
  },
  {
    kind: "8x8",
    name: "8x8",
    about: "SMS and voice",
    carries: ["sms", "voice"],
    fields: [
      { name: "sub_account_id", label: "Subaccount", required: true },
      { name: "api_key", label: "API key", required: true, secret: true },
      sender,
      { name: "caller", label: "Caller number" },
      { name: "base_url", label: "SMS API address", placeholder: "https://sms.8x8.com" },
      { name: "voice_url", label: "Voice API address" },
    ],
  },
  {
    kind: "smstools",
    name: "Smstools",
    about: "SMS and voice",
    carries: ["sms", "voice"],
    fields: [
      { name: "client_id", label: "Client id", required: true },
      { name: "client_secret", label: "Client secret", required: true, secret: true },
      {
        name: "webhook_secret",
        label: "Webhook secret",
        secret: true,
        hint: "With it, receipts without its signature are refused.",
      },
      sender,
      baseUrl,
    ],
  },
  {
    kind: "iprog",
    name: "IPROG",
    about: "SMS in the Philippines",
    carries: ["sms"],
    fields: [
      { name: "api_token", label: "API token", required: true, secret: true },
      { name: "sms_provider", label: "The vendor's way", kind: "number", hint: "0, 1 or 2." },
      baseUrl,
    ],
  },
  {
    kind: "smpp",
    name: "SMPP 3.4",
    about: "A direct link to an operator or aggregator",
    carries: ["sms"],
    fields: [
      { name: "host", label: "Host", required: true },
      { name: "port", label: "Port", required: true, kind: "number", placeholder: "2775" },
      { name: "system_id", label: "System id", required: true },
      { name: "password", label: "Password", required: true, secret: true },
      {
        name: "security",
        label: "Security",
        options: ["tls", "none"],
        hint: "`none` sends texts in the clear: only inside a private line.",
      },
      { name: "system_type", label: "System type" },
      { name: "from", label: "Sender" },
      { name: "alphabet", label: "Alphabet", options: ["gsm7", "latin1", "latin1_default"] },
      { name: "window", label: "Window", kind: "number", hint: "How many messages may wait for an answer." },
    ],
  },
  {
    kind: "smtp",
    name: "SMTP",
    about: "E-mail over your own server",
    carries: ["email"],
    fields: [
      { name: "host", label: "Host", required: true },
      { name: "port", label: "Port", required: true, kind: "number", placeholder: "587" },
      { name: "security", label: "Security", options: ["starttls", "tls", "none"] },
      { name: "username", label: "User name" },
      { name: "password", label: "Password", secret: true },
      { name: "from", label: "From", required: true, placeholder: "Example <no-reply@example.com>" },
    ],
  },
  {
    kind: "fcm",
    name: "Firebase Cloud Messaging",
    about: "Push to Android and iOS apps",
    carries: ["push"],
    fields: [
      { name: "project_id", label: "Project", required: true },
      { name: "client_email", label: "Service account", required: true },
      { name: "private_key", label: "Private key (PEM)", required: true, secret: true, kind: "lines" },
    ],
  },
  {
    kind: "web_push",
    name: "Web push",
    about: "Push to browsers (VAPID)",
    carries: ["push"],
    fields: [
      { name: "subject", label: "Contact", required: true, placeholder: "mailto:ops@example.com" },
      { name: "private_key", label: "Private key", required: true, secret: true, hint: "32 bytes in base64url." },
    ],
  },
  {
    kind: "http",
    name: "Any HTTP API",
    about: "A request of your own making, for everyone else",
    carries: ["sms", "voice", "email", "push"],
    fields: [
      { name: "url", label: "Address", required: true, placeholder: "https://api.example.com/sms" },
      { name: "method", label: "Method", options: ["POST", "GET", "PUT"] },
      { name: "headers", label: "Headers (JSON)", kind: "lines", placeholder: '{"Authorization": "Bearer …"}' },
      {
        name: "body",
        label: "Body (JSON)",
        kind: "lines",
        placeholder: '{"json": {"to": "{{to}}", "text": "{{text}}"}}',
      },
      { name: "query", label: "Query (JSON)", kind: "lines" },
      { name: "id_pointer", label: "Where the answer has the id", placeholder: "/messages/0/id" },
      {
        name: "success",
        label: "What means success (JSON)",
        kind: "lines",
        placeholder: '{"pointer": "/status", "equals": ["ok"]}',
      },
    ],
  },
];

export const vendorOf = (kind: string) => VENDORS.find((vendor) => vendor.kind === kind);

const JSON_FIELDS = new Set(["headers", "body", "query", "success"]);

/** The form's words as the API's provider; empty ones are left out. Throws on JSON that is none. */
export function providerOf(vendor: Vendor, values: Record<string, string>): Record<string, unknown> {
  const provider: Record<string, unknown> = { kind: vendor.kind };
  for (const field of vendor.fields) {
    const text = (values[field.name] ?? "").trim();
    if (text === "") continue;
    if (field.kind === "number") provider[field.name] = Number(text);
    else if (JSON_FIELDS.has(field.name)) provider[field.name] = JSON.parse(text);
    else provider[field.name] = text;
  }
  return provider;
}

/** The API's provider as the form's words. */
export function wordsOf(vendor: Vendor, provider: Record<string, unknown>): Record<string, string> {
  const words: Record<string, string> = {};
  for (const { name } of vendor.fields) {
    const value = provider[name];
    words[name] =
      value === undefined || value === null
        ? ""
        : typeof value === "object"
          ? JSON.stringify(value, null, 2)
          : String(value);
  }
  return words;
}
