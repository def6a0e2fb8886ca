import type { Tone } from "./ui/feedback";

/** What the API's words mean, in people's words (English; translated where they are shown) and in tone. */
export interface Word {
  says: string;
  tone: Tone;
}

export const STATUS: Record<string, Word> = {
  waiting: { says: "Waiting", tone: "plain" },
  sent: { says: "Sent", tone: "info" },
  verified: { says: "Verified", tone: "good" },
  exhausted: { says: "Too many wrong guesses", tone: "bad" },
  canceled: { says: "Canceled", tone: "plain" },
  failed: { says: "Not sent", tone: "bad" },
  expired: { says: "Expired", tone: "warn" },
};

export const EVENT: Record<string, Word> = {
  accepted: { says: "Accepted", tone: "plain" },
  sent: { says: "Taken by the provider", tone: "info" },
  kept: { says: "Kept here: a test number", tone: "warn" },
  retried: { says: "Attempt failed; tried again", tone: "warn" },
  failed: { says: "Given up", tone: "bad" },
  skipped: { says: "Not needed any more", tone: "plain" },
  delivered: { says: "Arrived", tone: "good" },
  undelivered: { says: "Did not arrive", tone: "bad" },
  verified: { says: "Verified", tone: "good" },
  wrong: { says: "Wrong guess", tone: "warn" },
  exhausted: { says: "No guesses left", tone: "bad" },
  locked: { says: "Number locked after too many failures", tone: "bad" },
  canceled: { says: "Canceled", tone: "plain" },
  expired: { says: "Expired", tone: "warn" },
};

/** What happened to a message, for `EVENT`: one to a test number is recorded as sent, and no provider had it. */
export function happened(event: string, reason?: string) {
  return event === "sent" && reason === "test_number" ? "kept" : event;
}

export const RECEIPT: Record<string, Word> = {
  unknown: { says: "Unknown", tone: "plain" },
  sent: { says: "On its way", tone: "info" },
  expired: { says: "Expired at the provider", tone: "warn" },
  undeliverable: { says: "Undeliverable", tone: "bad" },
  rejected: { says: "Rejected", tone: "bad" },
  delivered: { says: "Delivered", tone: "good" },
  read: { says: "Read", tone: "good" },
};

export const PROCESS: Record<string, Word> = {
  silent: { says: "Silent", tone: "bad" },
  ready: { says: "Ready", tone: "good" },
  impaired: { says: "Ready, with faults", tone: "warn" },
  not_ready: { says: "Not ready", tone: "bad" },
};

export const BREAKER: Record<string, Word> = {
  closed: { says: "Healthy", tone: "good" },
  open: { says: "Left alone", tone: "bad" },
  half_open: { says: "Being tried again", tone: "warn" },
  paused: { says: "Paused by the provider", tone: "warn" },
};

export const OUTCOME: Record<string, Word> = {
  accepted: { says: "The provider took it", tone: "good" },
  temporary: { says: "Refused for now", tone: "warn" },
  permanent: { says: "Refused", tone: "bad" },
  unknown: { says: "No answer", tone: "warn" },
};

export const WEBHOOK: Record<string, Word> = {
  waiting: { says: "Waiting", tone: "info" },
  delivered: { says: "Delivered", tone: "good" },
  failed: { says: "Failed", tone: "bad" },
};

export const CHANNEL: Record<string, string> = { sms: "SMS", voice: "Voice", email: "E-mail", push: "Push" };

export const word = (table: Record<string, Word>, key: string): Word => table[key] ?? { says: key, tone: "plain" };
export const channelWord = (channel: string) => CHANNEL[channel.toLowerCase()] ?? channel;

/** What each role may do, in a sentence. */
export const ROLES: { value: string; label: string; about: string }[] = [
  { value: "owner", label: "Owner", about: "Everything, and the end of the organization." },
  { value: "admin", label: "Admin", about: "Everything but suspending or ending it." },
  { value: "developer", label: "Developer", about: "Sends, configures, makes API keys." },
  { value: "analyst", label: "Analyst", about: "Sees configuration, reports and the audit log; handles alerts." },
  { value: "viewer", label: "Viewer", about: "Sees configuration and reports." },
];
export const roleWord = (role: string) => ROLES.find((one) => one.value === role)?.label ?? role;
