import { defineTexts } from "@/texts/texts";

export default defineTexts("lists", {
  saving: ["正在导出 CSV", "Saving as CSV"],
  read: ["已读取 {n} 条", "{n} rows read"],
  bound: ["最多导出 {n} 条；请求与响应内容不导出", "{n} rows at most, without requests and responses"],
  saved: ["已导出 {n} 条", "{n} rows are saved"],
  saved_first: ["符合条件的太多，只导出了最新的 {n} 条", "There are more: the newest {n} rows are saved"],
  views: ["视图", "Views"],
  no_views: ["还没有保存的视图", "No view is kept yet"],
  view_name: ["把当前筛选保存为", "Keep what is filtered now as"],
  view_help: ["保存在本浏览器；复制链接即可分享给同事", "Kept in this browser; copy its link to share it"],
  keep_view: ["保存视图", "Keep view"],
  view_kept: ["已保存视图“{name}”", "The view “{name}” is kept"],
  copy_view: ["复制视图“{name}”的链接", "Copy the link of view “{name}”"],
  forget_view: ["删除视图“{name}”", "Delete view “{name}”"],
});
