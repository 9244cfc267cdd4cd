import { computed } from "vue";
import { useActionNames } from "@/texts/actions";
import { joinNames, useTexts } from "@/texts/texts";
import { usePlatforms } from "../platforms/platforms";
import texts from "./texts";
import { ACTIONS, AI, concerns, EVERY_PLATFORM, type Flow } from "./trigger-rules";

/** Marks of writing direction, and what is written from the right: they turn nothing around but themselves. */
const TURNS = /[\u0590-\u08FF\u200E\u200F\u202A-\u202E\u2066-\u2069]/;
const apart = (text: string) => (TURNS.test(text) ? `\u2068${text}\u2069` : text);

/** How targets, actions and flows are told to people; `centers` are the task centers that a rule may name. */
export function useWording() {
  const say = useTexts(texts);
  const actionName = useActionNames();
  const platforms = usePlatforms();
  const centers = computed(() => platforms.rows.value.filter((each) => each.category !== "ai"));

  function targetName(target: string): string {
    if (target === AI) return say("ai");
    if (target === EVERY_PLATFORM) return say("every_platform");
    const id = target.replace(/^push:/, "");
    return apart(centers.value.find((each) => each.id === id)?.name || id);
  }
  const joined = (names: readonly string[]) => joinNames(names.map(apart));
  function actionNames(actions: readonly string[], target: string = AI): string {
    const all = ACTIONS.filter((action) => concerns(action, target));
    return actions.length === 0 || all.every((action) => actions.includes(action)) ? say("all_actions") : joined(actions.map(actionName));
  }
  function flowText(flow: Flow): string {
    const { app_ids, except_app_ids } = flow;
    const apps = app_ids?.length
      ? say("flow_only", { apps: joined(app_ids) })
      : except_app_ids?.length
        ? say("flow_except", { apps: joined(except_app_ids) })
        : say("all_apps");
    return say("flow", { target: targetName(flow.target), actions: actionNames(flow.actions, flow.target), apps });
  }
  return { say, centers, targetName, actionName, actionNames, flowText, joined };
}
