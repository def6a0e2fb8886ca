import { describe, expect, it } from "vitest";
import { marks, niceTop, ticks } from "@/charts/scale";
import { fieldErrors } from "@/forms/change";
import { placeholdersOf } from "@/forms/template-text";
import { providerOf, VENDORS, vendorOf, wordsOf } from "@/forms/vendors";
import { heatOf } from "@/pages/fraud/FraudHeat";
import { blocksOf } from "@/ui/Markdown";
import { moved } from "@/util/order";
import { luck, readRate, readSpan, writeRate, writeSpan } from "@/util/span";

describe("durations and rates", () => {
  it.each(["5m", "90s", "1d", "250ms"])("%s is read and written alike", (text) => {
    const span = readSpan(text);
    expect(span && writeSpan(span)).toBe(text);
  });

  it.each(["1/3s", "10000/1d"])("%s is read and written alike", (text) => {
    const rate = readRate(text);
    expect(rate && writeRate(rate)).toBe(text);
  });

  it("a unit alone is one of it", () => {
    expect(readRate("3/h")).toEqual({ times: 3, window: { count: 1, unit: "h" } });
  });

  it.each(["", "5", "5y", "x/1d", "3/", "-1/1d"])("%j is neither", (text) => {
    expect(readRate(text)).toBeUndefined();
  });

  it("five guesses at six digits are one in 200 000", () => {
    expect(1 / luck(5, 6, 10)).toBeCloseTo(200_000);
  });
});

describe("a provider's form", () => {
  it("leaves out what is empty, and makes numbers of numbers", () => {
    const smtp = vendorOf("smtp");
    expect(
      smtp && providerOf(smtp, { host: "mail.example", port: "587", username: " ", from: "a@example.com" }),
    ).toEqual({
      kind: "smtp",
      host: "mail.example",
      port: 587,
      from: "a@example.com",
    });
  });

  it("gives every provider back as it came", () => {
    for (const vendor of VENDORS) {
      const words = Object.fromEntries(
        vendor.fields.map((field) => [
          field.name,
          field.kind === "number" ? "1" : /JSON/.test(field.label) ? '{"a":"b"}' : "***",
        ]),
      );
      const provider = providerOf(vendor, words);
      expect(providerOf(vendor, wordsOf(vendor, provider))).toEqual(provider);
    }
  });
});

describe("errors of fields", () => {
  it("stand at the field of the form, whatever it is nested in", () => {
    expect(
      fieldErrors({ "configuration.pinAttempts": "too many", name: "empty" }, { pinAttempts: 1, name: "" }),
    ).toEqual({
      pinAttempts: "too many",
      name: "empty",
    });
    expect(fieldErrors({ "legs[3].price": "too high", "rows[0].name": "empty" }, { legs: [], name: "" })).toEqual({
      "legs.3.price": "too high",
      name: "empty",
    });
  });
});

describe("small things", () => {
  it("finds a text's placeholders without the PIN", () => {
    expect(placeholdersOf("{{name}}, {{pin}} for {{shop}} and {{name}}", "{{pin}}")).toEqual(["name", "shop"]);
  });

  it("moves one thing of a list", () => {
    expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  });

  it("ends an axis at a round number above all values", () => {
    for (const greatest of [0, 3, 5, 17, 120, 339, 9_999]) expect(niceTop(greatest)).toBeGreaterThanOrEqual(greatest);
    expect(niceTop(339)).toBe(400);
    expect(ticks(100, 5)).toEqual([0, 20, 40, 60, 80]);
  });

  it("reads the problem pages' Markdown", () => {
    expect(
      blocksOf("# T\n\nTwo\nlines\n\n- a\n  b\n- c\n\n    code\n\n```json\n{}\n\n# no\n```\n").map(
        (block) => block.kind,
      ),
    ).toEqual(["heading", "paragraph", "list", "code", "code"]);
  });
});

describe("the heat of fraud", () => {
  const now = Date.parse("2026-11-22T12:30:00Z");
  const decision = (about: string, at: string, alike: number) =>
    ({
      about,
      at,
      alike,
      id: `${about}${at}`,
      action: "recorded",
      rule: "pumping",
      channel: "sms",
      number: "4179…",
    }) as const;

  it("is counted by hour, the hottest first, and forgets what is older than a day", () => {
    const { rows, columns } = heatOf(
      [
        decision("prefix 4179302", "2026-11-22T12:05:00Z", 2),
        decision("prefix 6281290", "2026-11-22T11:59:00Z", 9),
        decision("prefix 6281290", "2026-11-22T11:01:00Z", 1),
        decision("prefix 6281290", "2026-11-21T12:40:00Z", 50),
      ],
      now,
    );
    expect(columns).toHaveLength(24);
    expect(rows.map(({ name, counts }) => [name, counts.at(-1), counts.at(-2), counts[0]])).toEqual([
      ["prefix 6281290", 0, 10, 0],
      ["prefix 4179302", 2, 0, 0],
    ]);
  });
});

describe("the labels of an axis", () => {
  const days = (...hours: number[]) => hours.flatMap((count, day) => new Array<string>(count).fill(`${day}`));

  it("stand where a day begins, each once", () => {
    expect(marks(days(20, 24, 24, 4), 10)).toEqual([0, 20, 44, 68]);
  });

  it("leave a first one out that has no room", () => {
    expect(marks(days(1, 24, 24, 4), 10)).toEqual([1, 25, 49]);
  });

  it("are as many as fit", () => {
    expect(marks(["a", "b", "c", "d"], 2)).toEqual([0, 2]);
  });
});
