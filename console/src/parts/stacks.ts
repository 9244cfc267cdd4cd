import type { Directive } from "vue";

const watched = new WeakMap<HTMLTableElement, () => void>();

/** Rows as cards on a phone, and where what stands in the columns is wider than the room for them. */
function fit(table: HTMLTableElement): void {
  table.classList.add("stacked");
  if (matchMedia("(width < 48rem)").matches) return;
  const room = table.offsetWidth;
  table.classList.remove("stacked");
  table.classList.toggle("stacked", table.offsetWidth > room + 1);
}

/** For a table of many columns, each cell with a `data-label`. */
export const vStacks: Directive<HTMLTableElement> = {
  mounted(table) {
    const again = () => fit(table);
    watched.set(table, again);
    addEventListener("resize", again);
    fit(table);
  },
  updated(table) {
    // Cards stay cards: tried as a table the page would be shorter for a moment, and lose its place.
    if (!table.classList.contains("stacked")) fit(table);
  },
  beforeUnmount(table) {
    removeEventListener("resize", watched.get(table)!);
  },
};
