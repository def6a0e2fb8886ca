import { describe, expect, it } from "vitest";
import { cell, csv } from "@/util/csv";

/** Reads RFC 4180 as a spreadsheet would. */
function read(text: string): string[][] {
  const rows: string[][] = [[]];
  let value = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const one = text[at];
    if (isQuoted) {
      if (one === '"' && text[at + 1] === '"') value += text[++at];
      else if (one === '"') isQuoted = false;
      else value += one;
    } else if (one === '"') isQuoted = true;
    else if (one === "," || one === "\r") {
      rows.at(-1)?.push(value);
      value = "";
      if (one === "\r" && text[at + 1] === "\n") {
        at++;
        if (at + 1 < text.length) rows.push([]);
      }
    } else value += one;
  }
  return rows;
}

describe("an exported table", () => {
  const dangerous = ["=1+1", "+41793026727", "-2", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x","y")'];

  it.each(dangerous)("makes %j inert", (text) => {
    expect(cell(text).replace(/^"/, "")).toMatch(/^'/);
  });

  it("leaves numbers numbers", () => {
    expect(cell(-2)).toBe("-2");
  });

  it("reads again as what was written, with an apostrophe before what would calculate", () => {
    const rows = [["plain", 'with "quotes"', "a,b", "two\r\nlines", ""], dangerous.slice(0, 5)];
    const wanted = rows.map((row) => row.map((text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)));
    expect(read(csv(["1", "2", "3", "4", "5"], rows)).slice(1)).toEqual(wanted);
  });
});
