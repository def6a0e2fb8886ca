import { useNavigate, useSearch } from "@tanstack/react-router";

/** What the address says about a page: every value is a word of the query. */
export type Search = Record<string, string | number | boolean | undefined>;

/** State of a page, kept in its address, so that a link shows the same and Back undoes. */
export function useAddress() {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  return {
    get: (name: string) => (search[name] === undefined ? "" : String(search[name])),
    set: (change: Record<string, string | undefined>, how: { push?: boolean } = {}) =>
      navigate({
        to: ".",
        replace: !how.push,
        search: (before: Search) => {
          const after: Search = { ...before };
          for (const [name, value] of Object.entries(change)) {
            if (value) after[name] = value;
            else delete after[name];
          }
          return after;
        },
      }),
  };
}
