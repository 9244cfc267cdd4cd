import { expect, test as base } from "@playwright/test";
import { watch } from "./api";

export { expect };

/** A test in which nothing breaks on a page, and whose pages try nothing that their policy refuses. */
export const test = base.extend<{ unharmed: void }>({
  unharmed: [
    async ({ context }, use) => {
      const wrong: string[] = [];
      const look = (page: Parameters<typeof watch>[0]) => void watch(page, wrong);
      context.on("page", look);
      await use();
      context.off("page", look);
      expect(wrong).toEqual([]);
    },
    { auto: true },
  ],
});
