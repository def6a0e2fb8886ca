interface SignOn {
  organization: string;
  purpose?: "confirm";
  /** The page of the console to come back to. */
  next?: string;
}

/** The way to an organization's own sign-in: an address to go to, not to fetch. */
export function signOnAddress({ organization, purpose, next }: SignOn) {
  const query = new URLSearchParams({ organization });
  if (purpose) query.set("purpose", purpose);
  if (next) query.set("next", next);
  return `/v1/session/single-sign-on?${query}`;
}

/** What the sign-in page says when an organization's sign-in came to nothing, by the `problem` in its address. */
export const PROBLEMS: Record<string, { says: string }> = {
  sign_on_not_offered: { says: "There is no organization of this name that signs in so." },
  sign_on_provider_away: { says: "Your organization's sign-in does not answer. Try again in a moment." },
  sign_on_over: { says: "That sign-in took too long or was begun elsewhere. Begin it again." },
  sign_on_denied: { says: "Your organization did not let you in." },
  sign_on_unproven: {
    says: "The answer of your organization's sign-in cannot be trusted. Tell whoever looks after it.",
  },
  sign_on_address: { says: "Your organization's sign-in vouches for no e-mail address that may come in here." },
  sign_on_not_a_member: { says: "You are no member yet, and this organization lets in nobody new." },
  sign_on_somebody_else: { says: "Somebody else signed in at your organization. Nothing was changed." },
  too_many_attempts: { says: "Too many attempts for now. Try again in a quarter of an hour." },
  unavailable: { says: "The service is not available right now." },
};
