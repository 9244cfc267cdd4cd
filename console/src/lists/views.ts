import { reactive } from "vue";

export interface SavedView {
  name: string;
  /** The address of the view below its page, such as `?status=failed`. */
  query: string;
}

const KEY = "taskbridge.views";

function read(): Record<string, SavedView[]> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, views]) => Array.isArray(views)));
  } catch {
    return {};
  }
}

/** The views that this person named on this machine, by page. What they show stands in their address alone. */
const kept = reactive(read());

function write(page: string, views: SavedView[]): void {
  kept[page] = views;
  localStorage.setItem(KEY, JSON.stringify(kept));
}

export function viewsOf(page: string): readonly SavedView[] {
  return kept[page] ?? [];
}

/** Keep a view; another of this name gives way. */
export function keepView(page: string, view: SavedView): void {
  write(page, [...viewsOf(page).filter((each) => each.name !== view.name), view]);
}

export function forgetView(page: string, name: string): void {
  write(page, viewsOf(page).filter((each) => each.name !== name));
}
