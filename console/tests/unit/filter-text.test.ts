import { mount } from "@vue/test-utils";
import { expect, it } from "vitest";
import FilterText from "@/parts/FilterText.vue";

it("keeps what is typed when the page is drawn again, and takes what its address says", async () => {
  const filter = mount(FilterText, { props: { value: "", label: "one" } });
  const field = filter.find("input");

  await field.setValue("P-10");
  filter.vm.$forceUpdate();
  await filter.vm.$nextTick();
  expect(field.element.value).toBe("P-10");

  await field.trigger("change");
  expect(filter.emitted("change")?.at(-1)).toEqual(["P-10"]);

  await filter.setProps({ value: "P-11" });
  expect(field.element.value).toBe("P-11");
});
