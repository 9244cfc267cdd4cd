import { defineTexts } from "@/texts/texts";

export const roles = defineTexts("roles", {
  admin: ["管理员", "administrator"],
  ops: ["运维", "operator"],
  approver: ["审批人", "approver"],
});
