import type { Schemas } from "./client";

type Written = Schemas["FraudRules"];
/** The rules as they are shown: the document has one shape for them and for a change, which may leave any of them out. */
export type Rules = { [Name in keyof Written]-?: NonNullable<Written[Name]> };

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
