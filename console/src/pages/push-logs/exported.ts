import type { CsvColumn } from "@/lists/csv";
import { sayReason } from "@/reasons/reasons";
import type { Say } from "@/texts/texts";
import { words } from "@/texts/words";
import { dateTime, zone } from "@/time/zone";
import { attemptsOf, type PushLog, tellingEntry } from "./push-logs";
import texts from "./texts";

/** What of a log goes into a file: what the list shows, and no request or response. */
export function exported(word: Say<typeof words.pairs>, say: Say<typeof texts.pairs>, platformOf: (id: string) => string): CsvColumn<PushLog>[] {
  return [
    { title: word("status"), value: (log) => word(log.status) },
    { title: word("event"), value: (log) => log.event_id },
    { title: word("action"), value: (log) => log.action },
    { title: word("platform"), value: (log) => platformOf(log.platform_id) },
    { title: say("platform_id"), value: (log) => log.platform_id },
    { title: word("instance"), value: (log) => log.sess_id },
    { title: word("app"), value: (log) => log.app_id },
    { title: word("task"), value: (log) => log.entries.map((entry) => entry.task_id ?? say("whole")).join(" ") },
    { title: word("errcode"), value: (log) => tellingEntry(log)?.errcode },
    { title: word("reason"), value: (log) => sayReason(tellingEntry(log)?.reason ?? "") },
    { title: word("attempts"), value: attemptsOf },
    { title: `${word("received")} (${zone.value})`, value: (log) => log.received_at && dateTime(log.received_at) },
  ];
}
