import { useTexts } from "@/texts/texts";
import { dateTime } from "@/time/zone";
import approvals from "../approvals/texts";
import type { ItemState } from "./instance";
import texts from "./texts";

type Fact = ItemState["wanted"][number];

/** What is asked of a task center, and what it should show, as people read it; what nobody knows keeps its own name. */
export function useWording() {
  const [say, ofApprovals] = [useTexts(texts), useTexts(approvals)];
  const called = (key: string, own: string) => (Object.hasOwn(texts.pairs, key) ? say(key as keyof typeof texts.pairs) : own);

  const operationOf = (operation: string) => called(`op_${operation}`, operation);
  const factName = (name: string) => called(`fact_${name}`, name);
  function factText({ name, value }: Fact): string {
    if (name === "status") return called(`is_${value}`, value);
    if (name === "created_at") return Number.isNaN(Date.parse(value)) ? value : dateTime(value);
    return name === "priority" && /^[123]$/.test(value) ? ofApprovals(`urgency_${value as "1"}`) : value;
  }
  return { operationOf, factName, factText };
}
