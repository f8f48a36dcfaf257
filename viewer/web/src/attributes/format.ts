// Attributes of a feature as rows to show: known keys first, with names, units and words for codes.
import type { Json } from "../api";
import { formatNumber, messages, type Language } from "../i18n";
import { attributeDictionary, hiddenKeys, sourceKeys, unitsInEnglish, type AttributeEntry } from "./dictionary";

/** One row: a key for people, its value for people, and the key as recorded. */
export interface AttributeRow { key: string; label: string; value: string }

/** Rows by place in the panel. */
export interface AttributeTable { main: AttributeRow[]; other: AttributeRow[]; source: string | null }

const order = new Map(Object.keys(attributeDictionary).map((key, index) => [key, index]));

/** Rows of a feature's attributes: known keys in the dictionary's order, the rest as recorded. Empty values are left out. */
export function attributeTable(attributes: Record<string, Json>, language: Language): AttributeTable {
  const main: AttributeRow[] = [];
  const other: AttributeRow[] = [];
  let source: string | null = null;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === "" || hiddenKeys.has(key) || isOtherLanguage(key, attributes, language)) continue;
    if (sourceKeys.has(key)) {
      source = formatValue(undefined, value, language);
      continue;
    }
    const entry = own(attributeDictionary, key);
    const row: AttributeRow = {
      key,
      label: entry ? (language === "zh-CN" ? entry.zh : entry.en) : key,
      value: formatValue(entry, value, language),
    };
    (entry ? main : other).push(row);
  }
  main.sort((a, b) => (order.get(a.key) ?? 0) - (order.get(b.key) ?? 0));
  return { main, other, source };
}

/** True for the one of `use` and `use_zh` that is written for readers of the other language. */
function isOtherLanguage(key: string, attributes: Record<string, Json>, language: Language): boolean {
  if (language === "zh-CN") return Object.hasOwn(attributes, `${key}_zh`);
  return key.endsWith("_zh") && Object.hasOwn(attributes, key.slice(0, -3));
}

/** Looks up own keys only: data may well have an attribute called `constructor`. */
function own<T>(table: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** A value for reading, by what the dictionary knows of its key. */
export function formatValue(entry: AttributeEntry | undefined, value: Json, language: Language): string {
  const text = messages(language).attributes;
  if (typeof value === "boolean") return value ? text.yes : text.no;
  if (value === null) return "—";
  if (typeof value === "string") {
    const word = entry?.values ? own(entry.values, value) : undefined;
    if (word) return language === "zh-CN" ? word.zh : word.en;
    const number = value.trim() === "" ? Number.NaN : Number(value);
    return entry?.unit && Number.isFinite(number) ? formatQuantity(entry, number, language) : value;
  }
  if (typeof value === "number") return formatQuantity(entry, value, language);
  if (Array.isArray(value)) return value.map((item) => formatValue(entry, item, language)).join(language === "zh-CN" ? "、" : ", ");
  return Object.entries(value)
    .map(([key, item]) => `${key}: ${formatValue(undefined, item, language)}`)
    .join(language === "zh-CN" ? "；" : "; ");
}

function formatQuantity(entry: AttributeEntry | undefined, value: number, language: Language): string {
  if (!Number.isFinite(value)) return "—";
  if (entry?.kind === "year") return String(Math.round(value));
  if (entry?.kind === "money") return formatMoney(value, language);
  const decimals = entry?.kind === "integer" ? 0 : (entry?.decimals ?? (entry ? 2 : 3));
  const number = formatNumber(value, language, decimals);
  const unit = entry?.unit ? (language === "en" ? (own(unitsInEnglish, entry.unit) ?? entry.unit) : entry.unit) : "";
  return unit ? `${number} ${unit}` : number;
}

/** Yuan as they are spoken of: 万元 and 亿元, or thousand, million, billion. */
export function formatMoney(yuan: number, language: Language): string {
  const size = Math.abs(yuan);
  if (language === "zh-CN") {
    if (size >= 1e8) return `${formatNumber(yuan / 1e8, language, 2)} 亿元`;
    if (size >= 1e4) return `${formatNumber(yuan / 1e4, language, 2)} 万元`;
    return `${formatNumber(yuan, language, 2)} 元`;
  }
  if (size >= 1e9) return `CNY ${formatNumber(yuan / 1e9, language, 2)} billion`;
  if (size >= 1e6) return `CNY ${formatNumber(yuan / 1e6, language, 2)} million`;
  return `CNY ${formatNumber(yuan, language, 2)}`;
}
