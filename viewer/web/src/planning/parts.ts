// Names of the parts of an indicator: uses, pipe classes, materials and facilities, as the server's keys name them.
import { attributeDictionary } from "../attributes/dictionary";
import { formatMoney } from "../attributes/format";
import { formatNumber, type Language } from "../i18n";
import type { Indicator } from "./api";

const MORE: Record<string, { zh: string; en: string }> = {
  residential: { zh: "住宅", en: "residential" },
  village: { zh: "城中村住宅", en: "urban village" },
  warehouse: { zh: "仓储", en: "warehouse" },
  heritage: { zh: "历史建筑", en: "heritage" },
  utility: { zh: "市政设施", en: "utility" },
  other: { zh: "其他", en: "other" },
  unknown: { zh: "不明", en: "unknown" },
  elderly_care: { zh: "养老设施", en: "elderly care" },
  kindergarten: { zh: "幼儿园", en: "kindergarten" },
  primary_school: { zh: "小学", en: "primary school" },
  middle_school: { zh: "中学", en: "middle school" },
  sports: { zh: "体育设施", en: "sports" },
  park_300: { zh: "300 米见绿", en: "green within 300 m" },
  park_500: { zh: "500 米见园", en: "park within 500 m" },
  market: { zh: "菜市场", en: "market" },
};

/** Name of a part; `names` holds ids of projects and the like. Unknown keys stand as they are. */
export function partName(key: string, language: Language, names?: ReadonlyMap<string, string>): string {
  const known = MORE[key] ?? attributeDictionary["use"]?.values?.[key] ?? attributeDictionary["pipe_class"]?.values?.[key] ?? attributeDictionary["material"]?.values?.[key];
  if (known) return language === "zh-CN" ? known.zh : known.en;
  return names?.get(key) ?? key;
}

/** A value of an indicator for reading: money as it is spoken of, the rest with its decimals. */
export function formatValueOf({ unit, decimals }: Pick<Indicator, "unit" | "decimals">, value: number, language: Language): string {
  return unit === "CNY" ? formatMoney(value, language) : formatNumber(value, language, decimals);
}
