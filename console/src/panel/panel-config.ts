/** In the place of `@/settings/config` in the panel: times are those of the campus. */
export const config = () => ({ time_zone: "Asia/Shanghai" });
