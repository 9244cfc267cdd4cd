import { focusManager, VueQueryPlugin } from "@tanstack/vue-query";
import { mount } from "@vue/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { defineComponent } from "vue";
import { createQueries, LOOKED_AT_MS, useLive } from "@/api/live";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  focusManager.setFocused(undefined);
  vi.useRealTimers();
});

test("nothing is asked while nobody looks at the tab, and all of it at once when somebody does", async () => {
  const ask = vi.fn(() => Promise.resolve(1));
  const Page = defineComponent({
    setup: () => void useLive({ key: ["it"], ask, every: LOOKED_AT_MS }),
    render: () => null,
  });
  const page = mount(Page, { global: { plugins: [[VueQueryPlugin, { queryClient: createQueries() }]] } });
  await vi.advanceTimersByTimeAsync(2 * LOOKED_AT_MS + 100);
  expect(ask).toHaveBeenCalledTimes(3);

  focusManager.setFocused(false);
  await vi.advanceTimersByTimeAsync(10 * LOOKED_AT_MS);
  expect(ask).toHaveBeenCalledTimes(3);

  focusManager.setFocused(true);
  await vi.advanceTimersByTimeAsync(100);
  expect(ask).toHaveBeenCalledTimes(4);
  page.unmount();
});
