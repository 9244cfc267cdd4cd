import { onScopeDispose, type Ref, shallowRef } from "vue";
import type { LocationQuery, Router } from "vue-router";

interface Held {
  isUnsaved: Readonly<Ref<boolean>>;
  names: readonly string[];
}

const held = new Set<Held>();

/** The question that is open: whether to leave, and lose what was typed. */
export const asked = shallowRef<((leaves: boolean) => void) | null>(null);

/**
 * While `isUnsaved`, leaving the page, reloading it, closing it and signing out ask first. `names`: parameters of the
 * address with which the form goes, such as `open` of the panel it stands in.
 */
export function useUnsaved(isUnsaved: Readonly<Ref<boolean>>, names: readonly string[] = []): void {
  const mine = { isUnsaved, names };
  held.add(mine);
  onScopeDispose(() => held.delete(mine));
}

/** Whether a person leaves what is unsaved; true at once where nothing is. */
export async function mayLeave(isLeft: (names: readonly string[]) => boolean = () => true): Promise<boolean> {
  if (![...held].some((each) => each.isUnsaved.value && isLeft(each.names))) return true;
  asked.value?.(false);
  return new Promise((decide) => {
    asked.value = (leaves) => {
      asked.value = null;
      decide(leaves);
    };
  });
}

/** Let the router and the browser ask. */
export function guardUnsaved(router: Router): void {
  router.beforeEach((to, from) => {
    const isOther = (name: string) => valueOf(to.query, name) !== valueOf(from.query, name);
    return mayLeave((names) => to.path !== from.path || names.some(isOther));
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...held].some((each) => each.isUnsaved.value)) event.preventDefault();
  });
}

function valueOf(query: LocationQuery, name: string): string {
  return JSON.stringify(query[name] ?? "");
}
