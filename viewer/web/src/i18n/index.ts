// Language of the shell: dictionaries, choice of one, number and text helpers.
import type { LocalText } from "../api";
import { en } from "./en";
import { zh, type Messages } from "./zh";

export type { Messages };

/** Languages of the product, as BCP 47 tags. */
export type Language = "zh-CN" | "en";

/** Texts of a language. */
export function messages(language: Language): Messages {
  return language === "zh-CN" ? zh : en;
}

/** Remembered language, else the first of the browser's that the product speaks, else Chinese. */
export function initialLanguage(stored: string | null, preferred: readonly string[]): Language {
  if (stored === "zh-CN" || stored === "en") return stored;
  for (const tag of preferred) {
    if (/^zh\b/i.test(tag)) return "zh-CN";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "zh-CN";
}

/** Puts values into the `{name}` places of a text. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, key: string) => (key in values ? String(values[key]) : place));
}

/** The text of a two-language title; falls back to the other language when one is empty. */
export function local(text: LocalText, language: Language): string {
  return language === "zh-CN" ? text.zh || text.en : text.en || text.zh;
}

const formats = new Map<string, Intl.NumberFormat>();

/** A number for reading, at most `decimals` places after the point. */
export function formatNumber(value: number, language: Language, decimals = 0): string {
  const key = `${language}/${decimals}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(language, { maximumFractionDigits: decimals });
    formats.set(key, format);
  }
  return format.format(value);
}

/** A unit as it is set: `m2` as m², the dimensionless `1` as nothing. */
export function formatUnit(unit: string, language: Language): string {
  const set = { "1": "", CNY: "", m2: "m²", m3: "m³", "1/a": language === "zh-CN" ? "/年" : "/year" }[unit];
  return set ?? unit.replace(/m2\b/g, "m²").replace(/m3\b/g, "m³");
}

/** A number for an axis: 1,600,000 as 160万 or 1.6M. */
export function formatShort(value: number, language: Language): string {
  return new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** A length in metres, in kilometres from 1,000 m on. */
export function formatLength(metres: number, language: Language): string {
  if (Math.abs(metres) >= 1000) return `${formatNumber(metres / 1000, language, 1)} km`;
  return `${formatNumber(metres, language, 0)} m`;
}

/** Name of a class in a language; `class_zh` comes with the data, English is made from the stable name. */
export function className(name: string, name_zh: string, language: Language): string {
  if (language === "zh-CN") return name_zh || name;
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
