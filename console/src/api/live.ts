import { keepPreviousData, QueryClient, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/vue-query";
import { computed, type MaybeRefOrGetter, type Ref, toValue, watchEffect } from "vue";
import { asProblem, type Problem } from "./problem";

const TRIES = 2;
/** Milliseconds between two looks: what is stored is on the page at most so much later. */
export const LOOKED_AT_MS = 3_000;

export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 1_000,
        refetchOnWindowFocus: true,
        // Nothing is asked in a tab that nobody looks at.
        refetchIntervalInBackground: false,
        networkMode: "always",
        retry: (failures, error) => failures < TRIES && asProblem(error).passes,
        retryDelay: (failures) => Math.min(1000 * 2 ** failures, 8_000),
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

export interface Live<T> {
  /** Names what is asked, with everything that it depends on. */
  key: MaybeRefOrGetter<readonly unknown[]>;
  ask: (signal: AbortSignal) => Promise<T>;
  /** Milliseconds between two looks; 0: only once. */
  every?: MaybeRefOrGetter<number>;
  enabled?: MaybeRefOrGetter<boolean>;
}

/** Something that is looked at again and again while its tab is seen. What was shown stays until the next answer. */
export function useLive<T>(live: Live<T>) {
  return useQuery<T, Problem>({
    queryKey: computed(() => toValue(live.key)),
    queryFn: ({ signal }) => live.ask(signal),
    refetchInterval: computed(() => toValue(live.every) || false),
    enabled: computed(() => toValue(live.enabled) ?? true),
    placeholderData: keepPreviousData,
  });
}

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

/**
 * A list that is read page by page, further as one scrolls: `rows` so far, and `more` for the next ones. A look reads all
 * of its pages, so that the more there are, the more seldom it is taken.
 */
export function usePages<T>(pages: Omit<Live<never>, "ask"> & { ask: (cursor: string | undefined) => Promise<Page<T>> }) {
  const query = useInfiniteQuery({
    queryKey: computed(() => toValue(pages.key)),
    queryFn: ({ pageParam }) => pages.ask(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<T>) => last.next_cursor ?? undefined,
    refetchInterval: (read) => (toValue(pages.every) ?? 0) * (read.state.data?.pages.length || 1) || false,
    enabled: computed(() => toValue(pages.enabled) ?? true),
    placeholderData: keepPreviousData,
  });
  return {
    ...query,
    rows: computed(() => query.data.value?.pages.flatMap((page) => page.items) ?? []),
    more: () => query.isFetchingNextPage.value || query.fetchNextPage(),
  };
}

/** Read a list on, page by page, until there is enough of what is looked for among its rows. */
export function useReadOn(
  pages: { hasNextPage: Ref<boolean>; isFetching: Ref<boolean>; error: Ref<unknown>; fetchNextPage: () => unknown },
  isEnough: () => boolean,
): void {
  watchEffect(() => {
    const isEnd = !pages.hasNextPage.value || pages.error.value;
    if (!isEnd && !pages.isFetching.value && !isEnough()) void pages.fetchNextPage();
  });
}

/** Something that a person does. `changes`: keys of what is looked at anew afterwards. */
export function useDoing<V, T>(does: (values: V) => Promise<T>, changes: readonly (readonly unknown[])[]) {
  const queries = useQueryClient();
  return useMutation<T, Problem, V>({
    mutationFn: does,
    onSettled: () => Promise.all(changes.map((key) => queries.invalidateQueries({ queryKey: key }))),
  });
}
