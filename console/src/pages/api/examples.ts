import type { ApiRoute, Schema, Schemas } from "./description";

const DEEPEST = 8; // of schemas that hold themselves

const named = (schema: Schema) => schema.$ref?.split("/").at(-1) ?? "";
const isNull = (schema: Schema) => schema.type === "null";

function resolve(schema: Schema, schemas: Schemas): Schema {
  return schema.$ref ? { ...schemas[named(schema)], ...schema, $ref: undefined } : schema;
}

/** A value that a schema takes: its own example, else one that is put together of those of its parts. */
export function exampleOf(schema: Schema, schemas: Schemas, depth = 0): unknown {
  const { type, anyOf, items, properties, enum: values, examples, default: usual } = resolve(schema, schemas);
  if (examples?.length) return examples[0];
  if (values?.length) return values[0];
  if (depth > DEEPEST) return null;
  if (anyOf) return exampleOf(anyOf.find((each) => !isNull(each)) ?? {}, schemas, depth + 1);
  if (items) return [exampleOf(items, schemas, depth + 1)];
  if (properties) return Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, exampleOf(part, schemas, depth + 1)]));
  if (usual !== undefined) return usual;
  return { string: "", integer: 0, number: 0, boolean: false, array: [], object: {} }[type ?? ""] ?? null;
}

/** A type in a few words, such as `string[]` or `failed | retrying`. */
export function typeOf(schema: Schema, schemas: Schemas): string {
  const { type, anyOf, items, enum: values } = resolve(schema, schemas);
  if (values) return values.map(String).join(" | ");
  if (anyOf) return anyOf.map((each) => typeOf(each, schemas)).join(" | ");
  if (items) return `${typeOf(items, schemas)}[]`;
  return type ?? "any";
}

export interface Field {
  name: string;
  type: string;
  isRequired: boolean;
  about: string;
  /** Where a parameter stands. */
  place?: "path" | "query" | "header";
}

/** The fields of a schema with those within them: `items[].entries[].status`. */
export function fieldsOf(schema: Schema, schemas: Schemas, prefix = "", above: readonly string[] = []): Field[] {
  const { items, anyOf, properties = {}, required = [] } = resolve(schema, schemas);
  const seen = schema.$ref ? [...above, named(schema)] : above;
  if (schema.$ref && above.includes(named(schema))) return [];
  if (items) return fieldsOf(items, schemas, `${prefix}[]`, seen);
  if (anyOf) return anyOf.flatMap((each) => fieldsOf(each, schemas, prefix, seen));
  return Object.entries(properties).flatMap(([name, part]) => {
    const path = prefix ? `${prefix}.${name}` : name;
    const field = { name: path, type: typeOf(part, schemas), isRequired: required.includes(name), about: resolve(part, schemas).description ?? "" };
    return [field, ...fieldsOf(part, schemas, path, seen)];
  });
}

export function parametersOf(route: ApiRoute, schemas: Schemas): Field[] {
  return (route.parameters ?? []).map(({ name, in: place, required, description, schema }) => ({
    name,
    place,
    type: typeOf(schema, schemas),
    isRequired: Boolean(required),
    about: description ?? schema.description ?? "",
  }));
}

export function bodyOf(route: ApiRoute): { schema?: Schema; example?: unknown } | undefined {
  return Object.values(route.requestBody?.content ?? {})[0];
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The route as it is called in a shell where TOKEN stands, with examples for all that has to be sent. */
export function asCurl(route: ApiRoute, schemas: Schemas, origin: string): string {
  const sent = (route.parameters ?? []).filter((each) => each.required);
  const text = (each: (typeof sent)[number]) => encodeURIComponent(String(each.example ?? exampleOf(each.schema, schemas)));
  const path = sent.filter((each) => each.in === "path").reduce((filled, each) => filled.replace(`{${each.name}}`, text(each)), route.path);
  const query = sent.filter((each) => each.in === "query").map((each) => `${each.name}=${text(each)}`);
  const parts = [`curl -X ${route.method} ${quoted(origin + [path, ...(query.length ? [query.join("&")] : [])].join("?"))}`];
  if (!route["x-roles"].includes("anyone")) parts.push(`-H "Authorization: Bearer $TOKEN"`);
  const body = bodyOf(route);
  if (body) {
    parts.push("-H 'Content-Type: application/json'");
    parts.push(`-d ${quoted(JSON.stringify(body.example ?? exampleOf(body.schema ?? {}, schemas), null, 2))}`);
  }
  return parts.join(" \\\n  ");
}
