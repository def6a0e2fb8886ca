import { useState } from "react";

/** The token of a mail's link. It stands behind the `#`, so no server sees it; here it leaves the address too. */
export function useLinkToken() {
  const [token] = useState(() => {
    const found = new URLSearchParams(window.location.hash.slice(1)).get("token") ?? "";
    if (found) window.history.replaceState(window.history.state, "", window.location.pathname);
    return found;
  });
  return token;
}
