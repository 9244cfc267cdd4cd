import { computed, type Ref } from "vue";
import type { RouteLocationRaw } from "vue-router";
import { api, ask, type Shape } from "@/api/client";
import { useLive } from "@/api/live";
import { pages, type PageDefinition } from "@/pages/page";
import { mayOpen } from "@/router";
import type { Role } from "@/session/roles";

export type Hit = Shape["Hit"];

/** One line of what was found, and where it leads. */
export interface Choice {
  key: string;
  kind: Hit["kind"] | "page";
  name: string;
  /** What else tells it from others. */
  about: string[];
  status: string;
  at: string | null;
  to: RouteLocationRaw;
}

const LEAST = 2;

/** Where an id leads. Asked again for each id, and kept for those that were asked for. */
export function useSearch(sought: Ref<string>) {
  return useLive({
    key: computed(() => ["search", sought.value]),
    ask: (signal) => ask(api.GET("/v1/search", { params: { query: { id: sought.value } }, signal })),
    enabled: computed(() => sought.value.length >= LEAST),
  });
}

/** Pages of the menu that a text names, in either language; all of them without a text. */
export function pagesNamed(text: string, roles: ReadonlySet<Role>, language: 0 | 1): Choice[] {
  const wanted = text.toLowerCase();
  const isNamed = (page: PageDefinition) => [...page.title, page.path].some((name) => name.toLowerCase().includes(wanted));
  return pages
    .filter((page) => page.menu && mayOpen(page, roles) && isNamed(page))
    .map((page) => ({ key: page.name, kind: "page", name: page.title[language], about: [], status: "", at: null, to: { name: page.name } }));
}

/** The choices of what was found: those that a page of the console opens. */
export function choicesOf(hits: readonly Hit[], platformOf: (id: string) => string): Choice[] {
  return hits.flatMap((hit, index) => {
    const page = pages.find((each) => each.opens?.[hit.kind]);
    const place = page?.opens?.[hit.kind]?.(hit);
    if (!page || !place) return [];
    const { kind, name, status, at } = hit;
    return [{ key: `${index}/${hit.id}`, kind, name, about: [platformOf(hit.platform_id), hit.within].filter(Boolean), status, at, to: { name: page.name, ...place } }];
  });
}
