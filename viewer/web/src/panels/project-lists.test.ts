import { render } from "lit";
import { describe, expect, it, vi } from "vitest";
import { messages } from "../i18n";
import { listEditors, nextStep, nextYear, type Lists } from "./project-lists";

const steps = ["基础信息", "意愿征询"].map((id) => ({ id, en: id, verified: true }));
const empty: Lists = { investment: [], milestones: [], documents: [], photos: [] };

function mount(lists: Lists) {
  const set = vi.fn<(change: Partial<Lists>) => void>();
  const place = document.createElement("div");
  render(listEditors(lists, { text: messages("zh-CN").library, language: "zh-CN", steps, set }), place);
  return { set, place, one: <T extends HTMLElement>(selector: string): T => place.querySelector(selector) as T };
}

describe("lists of a project's record", () => {
  it("begin with the next year and the first step that has no row", () => {
    expect([nextYear([], 2026), nextYear([{ year: 2030, planned_cny: null, done_cny: null }, { year: 2028, planned_cny: null, done_cny: null }], 2026)]).toEqual([2026, 2031]);
    const first = { step: "基础信息", planned_on: null, done_on: null };
    expect([nextStep([], steps), nextStep([first], steps), nextStep([first, { ...first, step: "意愿征询" }], steps), nextStep([], [])]).toEqual(["基础信息", "意愿征询", "意愿征询", ""]);
  });

  it("take money in units of 10,000 CNY, and an empty box as unknown", () => {
    const { set, one } = mount({ ...empty, investment: [{ year: 2026, planned_cny: 20_000, done_cny: null }] });
    const planned = one<HTMLInputElement>('input[name="planned"]');
    expect(planned.value).toBe("2");
    planned.value = "3.5";
    planned.dispatchEvent(new Event("change"));
    planned.value = "";
    planned.dispatchEvent(new Event("change"));
    expect(set.mock.calls.map(([{ investment }]) => investment?.[0]?.planned_cny)).toEqual([35_000, null]);
  });

  it("add and take out rows without touching the others", () => {
    const { set, one } = mount({ ...empty, photos: ["a.jpg", "b.jpg"], documents: [{ title: "批复", url: "x" }] });
    one('[data-add="photos"]').click();
    one('[data-list="photos"] .entry button').click();
    one('[data-list="documents"] .entry button').click();
    expect(set.mock.calls.map(([change]) => change)).toEqual([{ photos: ["a.jpg", "b.jpg", ""] }, { photos: ["b.jpg"] }, { documents: [] }]);
  });

  it("name every box and button", () => {
    const { place } = mount({ investment: [{ year: 2026, planned_cny: 1, done_cny: 1 }], milestones: [{ step: "基础信息", planned_on: null, done_on: "2026-01-01" }], documents: [{ title: "批复", url: "x" }], photos: ["a.jpg"] });
    for (const control of place.querySelectorAll("input, select, .entry button")) expect(control.getAttribute("aria-label"), control.outerHTML).toBeTruthy();
  });
});
