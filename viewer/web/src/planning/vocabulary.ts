// Words that edits choose from: uses of buildings, classes and materials of pipes, as the city model names them.
import { attributeDictionary } from "../attributes/dictionary";
import type { Language } from "../i18n";

type Choice = readonly [string, string];

/** Uses as `city_model::style::BuildingUse` names them. */
const USES: readonly (readonly [string, string, string])[] = [
  ["slab", "多层住宅", "Slab block of flats"],
  ["tower", "高层住宅", "Residential tower"],
  ["house", "独立住宅", "House"],
  ["office", "办公", "Offices"],
  ["retail", "商业", "Shops"],
  ["public", "公共服务", "Public service"],
  ["school", "学校", "School"],
  ["hospital", "医院", "Hospital"],
  ["industrial", "工业", "Industry"],
  ["warehouse", "仓储", "Warehouse"],
  ["utility", "市政设施", "Utility"],
];

export function buildingUses(language: Language): Choice[] {
  return USES.map(([name, zh, en]) => [name, language === "zh-CN" ? zh : en]);
}

export function pipeClasses(language: Language): Choice[] {
  return choices("pipe_class", language);
}

export function materials(language: Language): Choice[] {
  return choices("material", language);
}

function choices(key: string, language: Language): Choice[] {
  return Object.entries(attributeDictionary[key]?.values ?? {}).map(([code, { zh, en }]) => [code, language === "zh-CN" ? `${zh}（${code}）` : `${en} (${code})`]);
}
