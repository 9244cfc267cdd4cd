/** Whether somebody types into a field: then a letter is a letter. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Whether a key was pressed for the page as such: alone, beside fields, and with nothing open over it. */
export function isForPage(event: KeyboardEvent): boolean {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented && !event.isComposing;
  return isPlain && !isTyping(event.target) && !document.querySelector("dialog[open]");
}

/** To the first field of the filters of this page; false where it has none. */
export function focusFilters(): boolean {
  const field = document.querySelector<HTMLElement>("main [role='search'] :is(input, select)");
  field?.focus();
  return Boolean(field);
}
