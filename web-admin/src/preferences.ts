import type { MantineColorScheme, MantineColorSchemeManager } from "@mantine/core";

/** Theme and language of this browser. A cookie of the console's path holds them; local storage holds nothing. */
interface Preferences {
  scheme?: MantineColorScheme;
  language?: string;
}

const NAME = "pinfold-console";

function read(): Preferences {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${NAME}=`));
  const values = new URLSearchParams(decodeURIComponent(found?.slice(NAME.length + 1) ?? ""));
  const scheme = values.get("scheme");
  return {
    scheme: scheme === "light" || scheme === "dark" || scheme === "auto" ? scheme : undefined,
    language: values.get("language") ?? undefined,
  };
}

function write(change: Preferences) {
  const values = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...read(), ...change })) if (value) values.set(name, value);
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: the store's promise-based successor is not everywhere yet.
  document.cookie = `${NAME}=${encodeURIComponent(values.toString())}; Path=/console; Max-Age=31536000; SameSite=Strict${secure}`;
}

export const preferredLanguage = () => read().language ?? navigator.language.slice(0, 2);
export const rememberLanguage = (language: string) => write({ language });

export const schemeManager: MantineColorSchemeManager = {
  get: (otherwise) => read().scheme ?? otherwise,
  set: (scheme) => write({ scheme }),
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => write({ scheme: "auto" }),
};
