import { defineTexts } from "@/texts/texts";

export default defineTexts("states", {
  loading: ["正在加载…", "Loading…"],
  failed_title: ["没能取到数据", "This could not be loaded"],
  code: ["代码 {code}", "code {code}"],
  again: ["重试", "Try again"],
  as_of: ["数据截至 {time}", "As of {time}"],
  as_of_why: ["更新失败：{why}", "Updating fails: {why}"],
  forbidden_title: ["您的角色看不到此页", "Your role does not show this page"],
  forbidden: [
    "此页面向：{wanted}。您的角色：{has}。如需权限，请联系管理员。",
    "This page is for: {wanted}. Your role: {has}. Ask an administrator if you need it.",
  ],
  no_role: ["无", "none"],
  empty: ["这里还没有内容", "There is nothing here yet"],
});
