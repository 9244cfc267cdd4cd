import { api, ask } from "@/api/client";
import { useLive } from "@/api/live";

/** What is used of JSON Schema. */
export interface Schema {
  $ref?: string;
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  anyOf?: readonly Schema[];
  enum?: readonly unknown[];
  default?: unknown;
  examples?: readonly unknown[];
}
export type Schemas = Readonly<Record<string, Schema>>;

interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  description?: string;
  schema: Schema;
  example?: unknown;
}
type Content = Record<string, { schema?: Schema; example?: unknown }>;
interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags?: readonly string[];
  parameters?: readonly Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
  "x-roles": readonly string[];
}
/** What is used of OpenAPI 3.1. */
export interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Schemas };
}

/** One method of one path. */
export interface ApiRoute extends Operation {
  id: string;
  method: string;
  path: string;
  /** As a key of texts: `push_logs`. */
  area: string;
}

export function useDescription() {
  return useLive<Description>({
    key: ["openapi"],
    ask: async (signal) => (await ask(api.GET("/v1/openapi.json", { signal }))) as unknown as Description,
  });
}

const METHODS = ["GET", "POST", "PUT", "DELETE"];

/** All routes, by path. */
export function routesOf({ paths }: Description): ApiRoute[] {
  const found = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, told]) => ({ ...told, id: told.operationId, method: method.toUpperCase(), path, area: (told.tags?.[0] ?? "").replace(/\W/g, "_") })),
  );
  return found.sort((one, other) => one.path.localeCompare(other.path, "en") || METHODS.indexOf(one.method) - METHODS.indexOf(other.method));
}

/** Those that have every word that was typed: in method, path, summary, area or roles. */
export function filtered(routes: readonly ApiRoute[], typed: string): ApiRoute[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const toldBy = (route: ApiRoute) => [route.method, route.path, route.summary, route.area, ...route["x-roles"]].join(" ").toLowerCase();
  return routes.filter((route) => words.every((word) => toldBy(route).includes(word)));
}

/** Routes by area; areas that are not `known` stand at the end. */
export function byArea(routes: readonly ApiRoute[], known: readonly string[]): [area: string, routes: ApiRoute[]][] {
  const areas = new Map<string, ApiRoute[]>();
  for (const route of routes) areas.set(route.area, [...(areas.get(route.area) ?? []), route]);
  const place = (area: string) => (known.includes(area) ? known.indexOf(area) : known.length);
  return [...areas].sort(([one], [other]) => place(one) - place(other));
}

const isRefusal = (status: string) => status >= "400";

/** [status, what it means] of every refusal: the same words at each route. */
export function refusalsOf(routes: readonly ApiRoute[]): [status: string, about: string][] {
  const told = routes.flatMap((route) => Object.entries(route.responses).map(([status, answer]) => [status, answer.description] as const));
  return [...new Map(told.filter(([status]) => isRefusal(status)))].sort();
}

export function refusals(route: ApiRoute): string[] {
  return Object.keys(route.responses).filter(isRefusal).sort();
}

/** [code, what it means] of every problem. */
export function codesOf({ components }: Description): [code: string, about: string][] {
  const lines = components.schemas["ProblemCode"]?.description?.split("\n") ?? [];
  return lines.flatMap((line) => {
    const [, code, about] = /^`(\w+)`: (.*)$/.exec(line) ?? [];
    return code && about ? [[code, about] satisfies [string, string]] : [];
  });
}

/** The answer where all goes well: [status, its type, its schema]. */
export function answersOf(route: ApiRoute): { status: string; about: string; type: string; schema: Schema | undefined }[] {
  return Object.entries(route.responses)
    .filter(([status]) => !isRefusal(status))
    .map(([status, { description, content = {} }]) => {
      const [type, told] = Object.entries(content)[0] ?? ["", undefined];
      return { status, about: description, type, schema: told?.schema };
    });
}
