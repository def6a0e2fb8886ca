// After the build: lays a gzip copy beside every file worth it, and fails when the first load is too heavy.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const OUT = new URL("../dist/console/", import.meta.url).pathname;
const MOST_KB = 300;

const files = readdirSync(OUT, { recursive: true, encoding: "utf8" }).filter((name) =>
  statSync(join(OUT, name)).isFile(),
);
const packed = new Map();
for (const name of files.filter((name) => /\.(js|css|svg|json)$/.test(name))) {
  const bytes = gzipSync(readFileSync(join(OUT, name)), { level: 9 });
  writeFileSync(join(OUT, `${name}.gz`), bytes);
  packed.set(name, bytes.length);
}

const page = readFileSync(join(OUT, "index.html"), "utf8");
const first = [...page.matchAll(/(?:src|href)="\/console\/(assets\/[^"]+\.js)"/g)].map((found) => found[1]);
const kilobytes = first.reduce((sum, name) => sum + packed.get(name), 0) / 1000;
console.log(
  `first load: ${kilobytes.toFixed(0)} kB of compressed JavaScript in ${first.length} files (at most ${MOST_KB})`,
);
if (first.length === 0 || kilobytes > MOST_KB) {
  console.error("The first load is too heavy, or the page names no script.");
  process.exit(1);
}
