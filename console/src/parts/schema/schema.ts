/** What a form shows in both languages. */
export interface Words {
  zh: string;
  en: string;
}

/** One setting of the JSON Schema that `GET /v1/platform-types` serves, as far as a form knows it. */
export interface Part {
  type?: string | readonly string[];
  title?: string;
  label?: Words;
  help?: Words;
  /** Whom to ask for what no public source tells. */
  ask?: Words;
  group?: string;
  secret?: boolean;
  format?: string;
  enum?: readonly (string | number)[];
  default?: unknown;
  examples?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  items?: Part;
  properties?: Readonly<Record<string, Part>>;
  required?: readonly string[];
}

export type Kind = "text" | "code" | "number" | "switch" | "choice" | "list" | "group" | "rows" | "json" | "secret";
export type Values = Record<string, unknown>;

/** How a secret that is stored is read, and kept when it is sent. */
export const MASK = "********";
/** Stands in a draft for a secret that was typed: what was typed is never shown, not even beside another's change. */
export const TYPED = "●●●●●●●●";

/** How a part is entered. What no field is made for is entered as JSON. */
export function kindOf(part: Part): Kind {
  if (part.secret) return "secret";
  if (part.enum) return "choice";
  if (typeof part.type !== "string") return part.type?.includes("string") ? "code" : "json";
  if (part.type === "array") return part.items?.type === "string" ? "list" : part.items?.properties ? "rows" : "json";
  if (part.type === "object") return part.properties ? "group" : "json";
  const plain: Partial<Record<string, Kind>> = { string: "text", boolean: "switch", integer: "number", number: "number" };
  return plain[part.type] ?? "json";
}

export interface Group {
  name: string;
  /** Names of its settings, the required ones first. */
  names: string[];
  isRequired: boolean;
}

const FIRST = "connection";

/** The settings by their groups: those with something required first, and of them how to connect. */
export function groupsOf(schema: Part): Group[] {
  const groups = new Map<string, Group>();
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    const key = part.group ?? "";
    const group = groups.get(key) ?? { name: key, names: [], isRequired: false };
    group.names.push(name);
    group.isRequired ||= schema.required?.includes(name) ?? false;
    groups.set(key, group);
  }
  const rank = (group: Group) => (group.isRequired ? 0 : 2) - (group.name === FIRST ? 1 : 0);
  return [...groups.values()].sort((one, other) => rank(one) - rank(other));
}

/** What a text field holds as the value of its part: empty is the default, `3` of a code is a number. */
export function valueOf(kind: Kind, text: string): unknown {
  if (text === "") return undefined;
  if (kind === "number") return Number.isFinite(Number(text)) ? Number(text) : text;
  if (kind === "code") return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (kind !== "json") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Kept as it is typed: the API says what is wrong with it.
    return text;
  }
}

/** A value as its text field shows it. */
export function textOf(kind: Kind, value: unknown): string {
  if (value === undefined || value === null) return "";
  return kind === "json" && typeof value !== "string" ? JSON.stringify(value, null, 2) : String(value);
}

export interface Hint {
  key: "not_json" | "not_number" | "not_whole" | "over" | "under" | "at_least" | "at_most";
  values?: Readonly<Record<string, number>>;
}

/** What is wrong with a value at first sight; the API has the last word. */
export function hintOf(part: Part, value: unknown): Hint | undefined {
  const kind = kindOf(part);
  if (value === undefined) return undefined;
  if (kind === "json") return typeof value === "string" ? { key: "not_json" } : undefined;
  if (kind !== "number") return undefined;
  if (typeof value !== "number") return { key: "not_number" };
  if (part.type === "integer" && !Number.isInteger(value)) return { key: "not_whole" };
  return boundsOf(part).find(({ holds }) => !holds(value))?.hint;
}

function boundsOf(part: Part): { holds: (value: number) => boolean; hint: Hint }[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = part;
  const bound = (limit: number | undefined, key: Hint["key"], holds: (value: number, limit: number) => boolean) =>
    limit === undefined ? [] : [{ holds: (value: number) => holds(value, limit), hint: { key, values: { limit } } }];
  return [
    ...bound(minimum, "at_least", (value, limit) => value >= limit),
    ...bound(exclusiveMinimum, "over", (value, limit) => value > limit),
    ...bound(maximum, "at_most", (value, limit) => value <= limit),
    ...bound(exclusiveMaximum, "under", (value, limit) => value < limit),
  ];
}

/** What settings are called, by their path below `prefix`. */
export function namesOf(schema: Part, prefix: string, locale: keyof Words): Record<string, string> {
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
      const path = `${prefix}.${name}`;
      const inner = part.properties ? part : (part.items ?? {});
      const below = Object.entries(namesOf(inner, path, locale));
      const own = labelOf(name, part, locale);
      return [[path, own], ...below.map(([key, label]) => [key, `${own} · ${label}`])] as [string, string][];
    }),
  );
}

export function labelOf(name: string, part: Part, locale: keyof Words): string {
  return part.label?.[locale] ?? part.title ?? name;
}

/** The settings to send: what was typed in the place of what stands for it. */
export function withSecrets(settings: Readonly<Values>, typed: Readonly<Record<string, string>>): Values {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value === TYPED ? (typed[name] ?? MASK) : value]));
}
