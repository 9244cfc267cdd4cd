import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SOURCE = join(import.meta.dirname, "../../src/pages");
const [GAP, SIDES, ROOM] = [0.75, 2.5, 60];
const tables = globSync("*/*.vue", { cwd: SOURCE }).flatMap((file) => {
  const widths = [...readFileSync(join(SOURCE, file), "utf8").matchAll(/\bkey: .*\bwidth: "(?:minmax\()?([\d.]+)rem/g)].map((found) => Number(found[1]));
  return widths.length ? [{ file, widths }] : [];
});

test.each(tables)("the columns of $file fit beside the menu of a laptop, where rows are no cards yet", ({ widths }) => {
  const least = widths.reduce((sum, width) => sum + width, (widths.length - 1) * GAP + SIDES);
  expect(least).toBeLessThanOrEqual(ROOM);
});
