import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";
import SignIn from "@/shell/SignIn.vue";
import { pages, type PageDefinition } from "@/pages/page";
import type { Role } from "@/session/roles";
import { who } from "@/session/session";

declare module "vue-router" {
  interface RouteMeta {
    page?: PageDefinition;
    /** Shown without a session. */
    open?: boolean;
  }
}

export function mayOpen(page: PageDefinition, roles: ReadonlySet<Role>): boolean {
  return page.roles.some((role) => roles.has(role));
}

/** The first page that a person may see. */
export function homeOf(roles: ReadonlySet<Role>): string {
  const first = pages.find((page) => page.menu && mayOpen(page, roles));
  return first ? `/${first.path}` : "/nothing";
}

/** Where the root of the origin leads to: from here on to the first page of whoever is signed in. */
export const HOME = "/home";

const routes: RouteRecordRaw[] = [
  { path: "/", redirect: HOME },
  { path: HOME, name: "home", component: () => import("@/shell/NothingHere.vue") },
  { path: "/signed-in", component: () => import("@/shell/ComingBack.vue"), meta: { open: true } },
  { path: "/signed-out", component: SignIn, meta: { open: true } },
  { path: "/sign-in", component: SignIn, meta: { open: true } },
  { path: "/sign-in-again", component: () => import("@/shell/SigningInAgain.vue"), meta: { open: true } },
  ...pages.map((page): RouteRecordRaw => ({ path: `/${page.path}`, name: page.name, component: page.view, meta: { page } })),
  { path: "/:rest(.*)*", name: "nothing", component: () => import("@/shell/NothingHere.vue") },
];

export const router = createRouter({
  history: createWebHistory("/console/"),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
});

router.beforeEach((to) => {
  if (to.name !== "home" || who.state === "signed-out") return true;
  return homeOf(who.person.roles as ReadonlySet<Role>);
});
