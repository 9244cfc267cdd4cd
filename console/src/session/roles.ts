export const ROLES = ["admin", "ops", "approver"] as const;
export type Role = (typeof ROLES)[number];
