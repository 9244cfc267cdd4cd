import { computed, type WritableComputedRef } from "vue";
import { type LocationQueryRaw, useRoute, useRouter } from "vue-router";

/** What the address of a view says, by the names of its parameters: filters, time, sort, the open row. */
export type Address<N extends string> = Record<N, WritableComputedRef<string>> & {
  /** Change several at once; empty ones leave the address. */
  set: (changed: Partial<Record<N, string>>, how?: "push" | "replace") => Promise<unknown>;
};

/**
 * A view is its address: what a person sets stands in it, and a copied link shows the same. Only what differs from
 * `defaults` is written.
 */
export function useAddress<N extends string>(defaults: Record<N, string>): Address<N> {
  const route = useRoute();
  const router = useRouter();
  const names = Object.keys(defaults) as N[];
  const set = (changed: Partial<Record<N, string>>, how: "push" | "replace" = "replace") => {
    const query: LocationQueryRaw = { ...route.query };
    for (const name of names) {
      const value = changed[name];
      if (value === undefined) continue;
      if (value === defaults[name]) delete query[name];
      else query[name] = value;
    }
    return router[how]({ query, hash: route.hash });
  };
  const of = (name: N) =>
    computed<string>({
      get: () => {
        const value = route.query[name];
        return typeof value === "string" ? value : defaults[name];
      },
      set: (value) => void set({ [name]: value } as Partial<Record<N, string>>),
    });
  return { ...(Object.fromEntries(names.map((name) => [name, of(name)])) as Record<N, WritableComputedRef<string>>), set };
}
