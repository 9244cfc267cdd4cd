import { computed, type WritableComputedRef } from "vue";
import { type Address, useAddress } from "@/address/address";

export type SetupAddress = Address<"open" | "add" | "delete"> & {
  /** Whether what is open is asked to be deleted. */
  isLeaving: WritableComputedRef<boolean>;
};

const YES = "1";

/** The address of a page of things that are set up: which one is open, added, or asked to be deleted. */
export function useSetupAddress(): SetupAddress {
  const address = useAddress({ open: "", add: "", delete: "" });
  const isLeaving = computed({ get: () => address.delete.value !== "", set: (asked) => (address.delete.value = asked ? YES : "") });
  return { ...address, isLeaving };
}
