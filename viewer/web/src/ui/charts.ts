// ECharts with the few parts that are used. Loaded when the first chart is shown, so that the city's first picture does not wait for it.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Bars, Step } from "../planning/chart-data";

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, AriaComponent, SVGRenderer]);

const INK = "#aeb9c4";
const BEFORE = "#8f9aa5";
const AFTER = "#5fd0d8";
const UP = "#3fc2a5";
const DOWN = "#e0705f";

type Option = Record<string, unknown>;

export interface Words { unit: string; before: string; after: string; number(value: number): string; short(value: number): string; description: string; fontFamily: string }

const font = { color: INK, fontSize: 12 };

/** A chart in an element; follows its size until it is disposed of. */
export function chartIn(element: HTMLElement): { show(option: Option): void; dispose(): void } {
  const chart: EChartsType = init(element, null, { renderer: "svg" });
  const resized = new ResizeObserver(() => chart.resize());
  resized.observe(element);
  return {
    show: (option) => chart.setOption(option, { notMerge: true }),
    dispose: () => {
      resized.disconnect();
      chart.dispose();
    },
  };
}

const common = (words: Words): Option => ({
  textStyle: { fontFamily: words.fontFamily },
  animationDuration: globalThis.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
  aria: { enabled: true, label: { description: words.description }, decal: { show: true } },
  tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, backgroundColor: "#161c24", borderColor: "rgba(255,255,255,.15)", textStyle: { color: "#eef2f5", fontSize: 12 }, valueFormatter: (value: unknown) => (typeof value === "number" ? `${words.number(value)} ${words.unit}` : "—") },
  legend: { textStyle: font, itemWidth: 16, itemHeight: 10, top: 0 },
  grid: { left: 8, right: 16, top: 32, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "all" },
});

const valueAxis = (words: Words): Option => ({ type: "value", name: words.unit, nameTextStyle: font, splitNumber: 4, axisLabel: { ...font, hideOverlap: true, formatter: (value: number) => words.short(value) }, splitLine: { lineStyle: { color: "rgba(255,255,255,.08)" } } });
const nameAxis = (names: string[]): Option => ({ type: "category", data: names, axisLabel: { ...font, width: 88, overflow: "truncate" }, axisTick: { show: false }, axisLine: { lineStyle: { color: "rgba(255,255,255,.25)" } } });

/** ECharts takes tooltips as HTML, and names come from data. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A beside B, lying bars. */
export function barOption({ names, before, after }: Bars, words: Words): Option {
  return {
    ...common(words),
    xAxis: valueAxis(words),
    yAxis: { ...nameAxis(names), inverse: true },
    series: [
      { name: words.before, type: "bar", data: before, itemStyle: { color: BEFORE }, barMaxWidth: 14 },
      { name: words.after, type: "bar", data: after, itemStyle: { color: AFTER }, barMaxWidth: 14 },
    ],
  };
}

/** From A to B step by step. */
export function waterfallOption(steps: readonly Step[], words: Words): Option {
  const color = { total: AFTER, up: UP, down: DOWN };
  return {
    ...common(words),
    legend: { show: false },
    tooltip: { ...(common(words)["tooltip"] as Option), formatter: (params: { dataIndex: number }[]) => {
      const step = steps[params[0]?.dataIndex ?? -1];
      if (!step) return "";
      const value = step.kind === "total" ? words.number(step.to) : `${step.to > step.from ? "+" : "−"}${words.number(Math.abs(step.to - step.from))}`;
      return `${escape(step.name)}<br><b>${escape(`${value} ${words.unit}`)}</b>`;
    } },
    xAxis: { ...nameAxis(steps.map(({ name }) => name)), axisLabel: { ...font, interval: 0, rotate: steps.length > 4 ? 40 : 0, width: 72, overflow: "truncate" } },
    yAxis: valueAxis(words),
    series: [
      // Invisible foot on which the step stands.
      { type: "bar", stack: "w", silent: true, itemStyle: { color: "transparent", decal: { symbol: "none" } }, data: steps.map(({ from, to, kind }) => (kind === "total" ? 0 : Math.min(from, to))) },
      { type: "bar", stack: "w", barMaxWidth: 32, data: steps.map(({ from, to, kind }) => ({ value: kind === "total" ? to : Math.abs(to - from), itemStyle: { color: color[kind] } })) },
    ],
  };
}

/** A value over the years of the plan. */
export function curveOption({ years, values }: { years: string[]; values: (number | null)[] }, words: Words): Option {
  return {
    ...common(words),
    legend: { show: false },
    xAxis: { ...nameAxis(years), boundaryGap: false },
    yAxis: { ...valueAxis(words), scale: true },
    series: [{ name: words.after, type: "line", step: "end", data: values, connectNulls: false, symbolSize: 6, lineStyle: { color: AFTER, width: 2 }, itemStyle: { color: AFTER } }],
  };
}

export interface Series { name: string; points: readonly (readonly [number, number | null])[] }

const SERIES_COLORS = [AFTER, BEFORE];

/** Values over seconds, each series in a line of its own, with the time that is shown and a limit as marks. */
export function seriesOption({ series, nowS, limit, time }: { series: readonly Series[]; nowS: number; limit: number | null; time(seconds: number): string }, words: Words): Option {
  const mark = (data: Option[], color: string): Option => ({ symbol: "none", silent: true, animation: false, label: { show: false }, lineStyle: { color, type: "dashed" }, data });
  return {
    ...common(words),
    legend: { ...(common(words)["legend"] as Option), show: series.length > 1 },
    grid: { ...(common(words)["grid"] as Option), top: series.length > 1 ? 44 : 28 },
    xAxis: { type: "value", min: "dataMin", max: "dataMax", axisLabel: { ...font, hideOverlap: true, formatter: time }, axisPointer: { label: { formatter: ({ value }: { value: number }) => time(value) } }, splitLine: { show: false }, axisLine: { lineStyle: { color: "rgba(255,255,255,.25)" } } },
    yAxis: { ...valueAxis(words), scale: true },
    series: series.map(({ name, points }, at) => {
      const color = SERIES_COLORS[at] ?? INK;
      const marks = [...(at === 0 ? [{ xAxis: nowS }] : []), ...(at === 0 && limit !== null ? [{ yAxis: limit, lineStyle: { color: "#ffc36b" } }] : [])];
      return { name, type: "line", data: points, connectNulls: false, showSymbol: points.length < 40, symbolSize: 5, lineStyle: { color, width: 2, type: at === 0 ? "solid" : "dashed" }, itemStyle: { color }, ...(marks.length > 0 ? { markLine: mark(marks, INK) } : {}) };
    }),
  };
}
