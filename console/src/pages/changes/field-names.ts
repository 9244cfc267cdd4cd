import { useTexts } from "@/texts/texts";
import aiSettings from "../ai-settings/texts";
import nodes from "../nodes/texts";

/** What a field of a subject is called on its own page; others are called as the API calls them. */
export function useFieldNames(): (subject: string, field: string) => string {
  const [ofSettings, ofNode] = [useTexts(aiSettings), useTexts(nodes)];
  return (subject, field) => {
    if (subject === "ai-settings") return field in aiSettings.pairs ? ofSettings(field as keyof typeof aiSettings.pairs) : field;
    if (!/^(node|own-rule)\//.test(subject)) return field;
    if (field === "status") return ofNode("enabled");
    return field in nodes.pairs ? ofNode(field as keyof typeof nodes.pairs) : field;
  };
}
