import type { InjectionKey } from "vue";

/** What the fields of one form share. */
export interface FormContext {
  problemAt: (field: string) => string;
  /** Whether a secret is stored already. */
  isStored: (name: string) => boolean;
  /** What was typed of a secret: apart from the draft, which may be shown. */
  typedOf: (name: string) => string;
  type: (name: string, secret: string) => void;
}

export const FORM: InjectionKey<FormContext> = Symbol("form");
