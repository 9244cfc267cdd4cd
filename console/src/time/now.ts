import { onScopeDispose, readonly, ref, type Ref } from "vue";

const now = ref(Date.now());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** The time of now, to ten seconds: enough for "3 minutes ago". */
export function useNow(): Readonly<Ref<number>> {
  now.value = Date.now();
  watchers += 1;
  timer ??= setInterval(() => (now.value = Date.now()), 10_000);
  onScopeDispose(() => {
    watchers -= 1;
    if (watchers === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  });
  return readonly(now);
}
