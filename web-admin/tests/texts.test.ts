import { describe, expect, it } from "vitest";
import { german } from "@/i18n/de";
import { english } from "@/i18n/en";
import { textsOfSources } from "./texts";

const texts = textsOfSources();
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

describe("German", () => {
  it("has every text of the console", () => {
    const missing = texts
      .flatMap(({ text, isCounted }) => (isCounted ? [`${text}_one`, `${text}_other`] : [text]))
      .filter((key) => german[key] === undefined);
    expect(missing).toEqual([]);
  });

  it("fills in what the English text fills in", () => {
    const differing = Object.entries(german).filter(([key, text]) => {
      const wanted = placeholders(key.replace(/_(one|other)$/, ""));
      return !key.endsWith("_one") && placeholders(text).join() !== wanted.join();
    });
    expect(differing).toEqual([]);
  });
});

describe("English", () => {
  it("has both forms of what depends on a number", () => {
    const forms = Object.keys(english).map((key) => key.replace(/_(one|other)$/, ""));
    for (const form of forms) expect(english).toHaveProperty([`${form}_one`]);
    for (const form of forms) expect(english).toHaveProperty([`${form}_other`]);
  });
});
