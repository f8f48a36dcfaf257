// Fields of the parameters that planners choose, by simulation; a parameter is shown where the server has it, all others are advanced.
import storms from "../../../../../assets/simulation/storms.json";
import type { Json, LocalText } from "../../api";
import type { Params } from "./api";
import { valueAt } from "./question";

interface Common { path: readonly string[]; label: LocalText }

export type Field =
  | (Common & { kind: "number"; unit: string; min?: number; max?: number; step?: number | "any"; /** An empty field stands for null. */ isOptional?: boolean })
  | (Common & { kind: "choice"; options: readonly (readonly [string | null, LocalText])[] })
  | (Common & { kind: "boolean" })
  /** One of several forms of a value, each with what it begins with. */
  | (Common & { kind: "variant"; options: readonly { name: string; label: LocalText; begin: Json }[] })
  /** Id of a feature, taken from the selection; without it the question makes no sense. */
  | (Common & { kind: "feature" })
  | (Common & { kind: "features" })
  /** What is changed at features: their ids under `of`, with numbers; an empty one stands for null. */
  | (Common & { kind: "changes"; of: string; begin: { [name: string]: Json }; numbers: readonly { name: string; label: LocalText; unit: string; min?: number; isOptional?: boolean }[] })
  | (Common & { kind: "numbers"; unit: string })
  /** Places by longitude and latitude, clicked or typed. */
  | (Common & { kind: "places" });

const text = (zh: string, en: string): LocalText => ({ zh, en });
const same = (words: string): LocalText => ({ zh: words, en: words });

const SUNSHINE: readonly Field[] = [
  { kind: "choice", path: ["climate_zone"], label: text("建筑气候区", "Climate zone"), options: ["I", "II", "III", "IV", "V", "VI", "VII"].map((zone) => [zone, same(zone)] as const) },
  { kind: "choice", path: ["city"], label: text("城市规模", "City"), options: [["large", text("50 万人及以上", "500,000 people or more")], ["small", text("不足 50 万人", "fewer than 500,000")]] },
  { kind: "variant", path: ["counting"], label: text("日照时数计法", "Counting"), options: [
    { name: "cumulative", label: text("累计", "sum of all spells"), begin: "cumulative" },
    { name: "continuous", label: text("最长一段", "longest spell"), begin: "continuous" },
    { name: "longest", label: text("最长几段之和", "sum of the longest"), begin: { longest: { spells: 3 } } },
  ] },
  { kind: "number", path: ["counting", "longest", "spells"], label: text("段数", "Spells"), unit: "", min: 1, max: 20, step: 1 },
  { kind: "number", path: ["spacing_m"], label: text("测点间距", "Spacing of points"), unit: "m", min: 0.05, max: 100 },
  { kind: "number", path: ["step_s"], label: text("时间间隔", "Time step"), unit: "s", min: 1, max: 300, step: 1 },
  { kind: "boolean", path: ["is_rebuild"], label: text("旧区改建项目内的新建住宅", "New housing in the rebuild of an old area") },
  { kind: "boolean", path: ["assume_residential"], label: text("用途未知的建筑按住宅检验", "Examine buildings of unknown use as homes") },
  { kind: "boolean", path: ["with_facades"], label: text("给整个立面着色", "Paint whole façades") },
  { kind: "variant", path: ["storeys_of"], label: text("反算可建层数", "How many storeys fit"), options: [
    { name: "none", label: text("不计算", "not asked"), begin: null },
    { name: "object", label: text("指定建筑", "of a building"), begin: { building: "", storey_m: 3, max_storeys: 33 } },
  ] },
  { kind: "feature", path: ["storeys_of", "building"], label: text("建筑", "Building") },
  { kind: "number", path: ["storeys_of", "storey_m"], label: text("层高", "Storey height"), unit: "m", min: 1, max: 20 },
  { kind: "number", path: ["storeys_of", "max_storeys"], label: text("最多层数", "Most storeys"), unit: "", min: 1, max: 400, step: 1 },
];

/** What lies at one end of the computed ground. */
function side(name: string, zh: string, en: string): Field[] {
  const path = ["run", "sides", name];
  return [
    { kind: "variant", path, label: text(`${zh}侧边界`, `${en} side`), options: [
      { name: "open", label: text("敞开，按坡度流出", "open, flows off down a slope"), begin: { kind: "open", slope: 0.002 } },
      { name: "closed", label: text("封闭", "closed"), begin: { kind: "closed" } },
      { name: "level", label: text("给定水位", "a water level"), begin: { kind: "level", level_m: 0 } },
    ] },
    { kind: "number", path: [...path, "slope"], label: text(`${zh}侧边界外坡度`, `Slope beyond the ${en.toLowerCase()} side`), unit: "m/m", min: 0, max: 1 },
    { kind: "number", path: [...path, "level_m"], label: text(`${zh}侧水位`, `Level at the ${en.toLowerCase()} side`), unit: "m" },
  ];
}

/** A storm formula by its title; one that nobody has checked against its publication says so. */
function formula({ id, title, is_verified: isVerified }: { id: string; title: LocalText; is_verified: boolean }): [string, LocalText] {
  return [id, isVerified ? title : text(`${title.zh} · 参考值`, `${title.en} · reference value`)];
}

const FLOOD: readonly Field[] = [
  { kind: "variant", path: ["run", "rain"], label: text("降雨", "Rain"), options: [
    { name: "none", label: text("无", "none"), begin: { kind: "none" } },
    { name: "storm", label: text("设计暴雨", "design storm"), begin: { kind: "storm", formula: "suzhou-2025", return_period_a: 50, duration_min: 120, peak_ratio: null, step_min: 5 } },
    { name: "gauge", label: text("雨量站记录", "gauge record"), begin: { kind: "gauge", step_min: 5, depths_mm: [] } },
  ] },
  { kind: "choice", path: ["run", "rain", "formula"], label: text("暴雨强度公式", "Storm formula"), options: storms.formulas.map(formula) },
  { kind: "number", path: ["run", "rain", "return_period_a"], label: text("重现期", "Return period"), unit: "a", min: 0.1, max: 10_000 },
  { kind: "number", path: ["run", "rain", "duration_min"], label: text("降雨历时", "Duration of the rain"), unit: "min", min: 1, max: 10_080 },
  { kind: "number", path: ["run", "rain", "peak_ratio"], label: text("雨峰系数", "Share before the peak"), unit: "0–1", min: 0.01, max: 1, isOptional: true },
  { kind: "number", path: ["run", "rain", "step_min"], label: text("降雨步长", "Step of the rain"), unit: "min", min: 0.1 },
  { kind: "numbers", path: ["run", "rain", "depths_mm"], label: text("每步雨量", "Depth of each step"), unit: "mm" },
  { kind: "choice", path: ["cleared_surface"], label: text("拆除后的地面", "Ground of what is taken down"), options: [
    ["bare", text("裸土", "bare soil")],
    ["green", text("绿地", "green")],
    ["paved", text("铺装", "paving")],
    ["asphalt", text("沥青或混凝土", "asphalt or concrete")],
  ] },
  { kind: "number", path: ["cell_m"], label: text("网格边长", "Cell"), unit: "m", min: 0.5, max: 100 },
  { kind: "number", path: ["run", "simulated_min"], label: text("模拟时长（0 为雨后一小时）", "Simulated time (0: an hour after the rain)"), unit: "min", min: 0 },
  { kind: "number", path: ["run", "output_step_min"], label: text("输出间隔", "Step of output"), unit: "min", min: 0.1 },
  { kind: "number", path: ["run", "clogged"], label: text("雨水口堵塞比例", "Share of inlets clogged"), unit: "0–1", min: 0, max: 1 },
  { kind: "number", path: ["run", "flooded_depth_m"], label: text("积水判定水深", "Depth that counts as flooded"), unit: "m", min: 0.001, max: 100 },
  ...side("west", "西", "Western"),
  ...side("east", "东", "Eastern"),
  ...side("south", "南", "Southern"),
  ...side("north", "北", "Northern"),
];

const ISOLATION: readonly Field[] = [
  { kind: "feature", path: ["pipe"], label: text("爆管管段", "Broken pipe") },
  { kind: "features", path: ["stuck"], label: text("关不上的阀门", "Valves that cannot be closed") },
];

const REACH: readonly Field[] = [
  { kind: "choice", path: ["from_kind"], label: text("从哪类设施出发", "From all facilities of a kind"), options: [
    [null, text("不指定", "none")],
    ["kindergarten", text("幼儿园", "Kindergarten")],
    ["primary_school", text("小学", "Primary school")],
    ["middle_school", text("中学", "Middle school")],
    ["hospital", text("医院、卫生服务中心", "Hospital or health centre")],
    ["market", text("菜市场", "Food market")],
    ["elderly_care", text("养老设施", "Care of the elderly")],
    ["sports", text("体育设施", "Sports ground")],
    ["culture", text("文化活动设施", "Cultural centre")],
    ["bus_stop", text("公交车站", "Bus stop")],
    ["metro_station", text("轨道交通站", "Metro station")],
  ] },
  { kind: "places", path: ["starts_deg"], label: text("出发点", "Starts") },
  { kind: "number", path: ["error_m"], label: text("步行距离误差", "Error of a walk"), unit: "m", min: 0, max: 500 },
];

const HYDRAULICS: readonly Field[] = [
  { kind: "number", path: ["run", "duration_s"], label: text("模拟时长", "Duration"), unit: "s", min: 0, isOptional: true },
  { kind: "number", path: ["run", "report_step_s"], label: text("输出间隔", "Step of output"), unit: "s", min: 1, isOptional: true },
  { kind: "number", path: ["run", "storeys"], label: text("直供层数", "Storeys supplied without pumps"), unit: "", min: 1, max: 60, step: 1 },
  { kind: "number", path: ["run", "pressure_limit_m"], label: text("最低服务水头", "Least service head"), unit: "m", min: 0, isOptional: true },
  { kind: "boolean", path: ["run", "has_age"], label: text("计算水龄", "Compute the age of water") },
  { kind: "number", path: ["source_head_m"], label: text("水源水头", "Head of sources"), unit: "m", isOptional: true },
  { kind: "features", path: ["closed"], label: text("关闭的管段与阀门", "Pipes and valves that are closed") },
  { kind: "changes", path: ["replaced"], label: text("更换的管段", "Pipes laid anew"), of: "pipe", begin: { diameter_mm: 300, roughness: 140 }, numbers: [
    { name: "diameter_mm", label: text("内径", "Inner diameter"), unit: "mm", min: 1, isOptional: true },
    { name: "roughness", label: text("海曾-威廉系数", "Hazen-Williams C"), unit: "", min: 1, isOptional: true },
  ] },
  { kind: "changes", path: ["demands"], label: text("增加的用水", "Added demand"), of: "node", begin: { demand_lps: 10 }, numbers: [
    { name: "demand_lps", label: text("水量", "Demand"), unit: "L/s" },
  ] },
];

/** Parameters that change the network itself. */
const CHANGES: Record<string, readonly string[]> = { hydraulics: ["closed", "replaced", "demands"] };

/** The parameters without changes to the network; null when there are none. */
export function withoutChanges(simulation: string, params: Params): Params | null {
  const names = (CHANGES[simulation] ?? []).filter((name) => Array.isArray(params[name]) && params[name].length > 0);
  return names.length > 0 ? { ...params, ...Object.fromEntries(names.map((name) => [name, []])) } : null;
}

const FIELDS: Record<string, readonly Field[]> = { sunshine: SUNSHINE, flood: FLOOD, isolation: ISOLATION, reach: REACH, hydraulics: HYDRAULICS };

/** Fields that the parameters as they stand have values for. */
export function fieldsOf(simulation: string, params: Params): Field[] {
  return (FIELDS[simulation] ?? []).filter(({ path }) => valueAt(params, path) !== undefined);
}

/** Paths of the parameters that have a field. */
export function fieldPaths(simulation: string): (readonly string[])[] {
  return (FIELDS[simulation] ?? []).map(({ path }) => path);
}

/** Which form a value of several has: its own name, its `kind`, or the one name within it. */
export function variantOf(value: Json | undefined, names: readonly string[]): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "none";
  if (typeof value !== "object" || Array.isArray(value)) return "";
  const kind = value["kind"];
  if (typeof kind === "string") return kind;
  return Object.keys(value).find((name) => names.includes(name)) ?? "object";
}

/** First field that must name a feature and does not. */
export function missingFeature(simulation: string, params: Params): Field | null {
  return fieldsOf(simulation, params).find(({ kind, path }) => kind === "feature" && valueAt(params, path) === "") ?? null;
}
