export interface CsvColumn<R> {
  title: string;
  value: (row: R) => string | number | null | undefined;
}

const BYTE_ORDER_MARK = "\uFEFF"; // so that Excel reads UTF-8
const ENDED = "\r\n";

/** A value that a spreadsheet would take for a formula is told as text, by an apostrophe before it (OWASP). */
function cell(value: string | number | null | undefined): string {
  if (typeof value === "number") return String(value);
  const text = value ?? "";
  const safe = /^\s*[=+\-@\t\r\n|%＝＋－＠]/u.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** Rows as CSV (RFC 4180), with the titles of the columns first. */
export function toCsv<R>(columns: readonly CsvColumn<R>[], rows: readonly R[]): string {
  const lines = [columns.map((column) => cell(column.title)), ...rows.map((row) => columns.map((column) => cell(column.value(row))))];
  return BYTE_ORDER_MARK + lines.map((line) => line.join(",") + ENDED).join("");
}

/** Give a text to the person as a file. */
export function download(name: string, text: string, type = "text/csv;charset=utf-8"): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
