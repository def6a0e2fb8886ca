/** The fraud guard as `/v1/fraud/…` shows it. */
export interface Countries {
  allow?: string[];
  block?: string[];
}

export interface Rules {
  mode: string;
  countries: Record<string, Countries>;
  perHour: { country: number | null; prefix: number | null; ip: number | null; key: number | null };
  conversion: { sends: number; percent: number };
  pumping: { sends: number; percent: number; run: number };
}

export interface Finding {
  rule: string;
  about: string;
  sends?: number;
  verified?: number;
  threshold?: number;
  percent?: number;
  blockedUntil?: string;
}

export interface Decision extends Finding {
  id: string;
  at: string;
  action: "recorded" | "blocked";
  channel: string;
  number: string;
  country?: string;
  pinId?: string;
  alike: number;
}

export interface Block {
  id: string;
  about: string;
  rule: string;
  sends: number;
  verified: number;
  strike: number;
  since: string;
  until: string;
}

export interface ListEntry {
  id: string;
  list: "allow" | "block";
  kind: "number" | "prefix" | "network";
  value: string;
  note?: string;
  createdAt: string;
}

export interface Replay {
  from: string;
  sends: number;
  verified: number;
  wouldBlock: number;
  falsePositives: number;
  leftOut: number;
  rules: (Finding & { wouldBlock: number; falsePositives: number })[];
}

export const RULES = "/v1/fraud/rules";
export const LISTS = "/v1/fraud/lists";
export const DECISIONS = "/v1/fraud/decisions";
export const BLOCKS = "/v1/fraud/blocks";

/** What each rule looks at. English; translated where it is shown. */
export const RULE_WORDS: Record<string, { says: string }> = {
  premium_range: { says: "Premium range" },
  block_list: { says: "Block list" },
  country: { says: "Country not open" },
  velocity: { says: "Too many in an hour" },
  conversion: { says: "Too few verified" },
  pumping: { says: "Looks pumped" },
  sequence: { says: "Numbers in a row" },
};
