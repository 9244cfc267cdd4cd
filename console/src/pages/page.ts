import type { Component } from "vue";
import type { LocationQueryRaw, RouteParamsRaw } from "vue-router";
import type { Shape } from "@/api/client";
import type { Role } from "@/session/roles";
import type { Pair } from "@/texts/texts";
import type { IconName } from "@/parts/icons";

type Hit = Shape["Hit"];

/** In which part of the menu a page stands. */
export type Group = "watch" | "push" | "setup" | "ai" | "build";

export interface PageDefinition {
  /** Below /console/, such as `push-logs` or `push-logs/:id`. */
  path: string;
  name: string;
  title: Pair;
  /** Who may see it; without one of these roles it is not in the menu, and its address says so. */
  roles: readonly Role[];
  /** Not in the menu without it. */
  menu?: { group: Group; icon: IconName; order: number };
  /** What it opens of what a search finds, and by which part of its address. */
  opens?: Partial<Record<Hit["kind"], (hit: Hit) => { query?: LocationQueryRaw; params?: RouteParamsRaw }>>;
  view: () => Promise<{ default: Component }>;
}

export function definePage(page: PageDefinition): PageDefinition {
  return page;
}

const found = import.meta.glob<{ default: PageDefinition }>("./*/*.page.ts", { eager: true });

/** Every page: each folder below pages/ says of itself what it is, in `*.page.ts`. */
export const pages: readonly PageDefinition[] = Object.values(found)
  .map((module) => module.default)
  .sort((one, other) => (one.menu?.order ?? 0) - (other.menu?.order ?? 0));
