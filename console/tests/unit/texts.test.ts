import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Pairs, Texts } from "@/texts/texts";

const SOURCE = join(import.meta.dirname, "../../src");
const HAN = /\p{Script=Han}/u;
const modules = import.meta.glob<Record<string, Texts<Pairs>>>("../../src/**/{texts,problem-texts,words,roles}.ts", { eager: true });
const found = Object.entries(modules).flatMap(([path, module]) =>
  Object.values(module)
    .filter((texts) => typeof texts === "object" && "pairs" in texts)
    .map((texts) => ({ path: join(import.meta.dirname, path), texts })),
);

function filesBelow(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]));
}

const sources = filesBelow(SOURCE)
  .filter((path) => /\.(vue|ts)$/.test(path) && !path.endsWith(".d.ts"))
  .map((path) => ({ path, text: readFileSync(path, "utf8") }));

/** Whether a text is said: by its key, or by one put together as in say(`need_${kind}`). */
function isSaid(key: string, text: string): boolean {
  if (new RegExp(`["'\`]${key}["'\`]`).test(text)) return true;
  return [...text.matchAll(/`([a-z_]+_)\$\{/g)].some((match) => key.startsWith(match[1] ?? "\0"));
}

describe.each(found.map(({ path, texts }) => ({ path, texts, name: texts.scope })))("texts of $name", ({ path, texts }) => {
  test("are there in both languages, with the same values", () => {
    for (const [key, [zh, en]] of Object.entries(texts.pairs)) {
      expect(zh.trim() && en.trim(), key).toBeTruthy();
      const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
      expect(values(zh), key).toEqual(values(en));
    }
  });

  test("are all said somewhere", () => {
    // Words of the trade are used wherever they are needed, also by the values of the API, as flaws and reasons are.
    const near = texts.scope === "words" ? sources : sources.filter((source) => source.path !== path && source.path.startsWith(dirname(path)));
    const shared = ["roles", "words", "flaws", "problems", "reasons"].includes(texts.scope);
    const unused = Object.keys(texts.pairs).filter((key) => !shared && !near.some((source) => isSaid(key, source.text)));
    expect(unused).toEqual([]);
  });
});

test("no text stands in a component: each is said from texts.ts, in both languages", () => {
  const inComponents = sources.filter(({ path }) => path.endsWith(".vue")).filter(({ text }) => HAN.test(text));
  expect(inComponents.map(({ path }) => path)).toEqual([]);
});
