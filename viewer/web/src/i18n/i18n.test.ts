import { describe, expect, it } from "vitest";
import { attributeDictionary } from "../attributes/dictionary";
import { className, fill, formatLength, formatUnit, initialLanguage, local } from ".";
import { en } from "./en";
import { zh } from "./zh";

type Tree = { [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ""): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") flat.set(prefix + key, value);
    else for (const [inner, text] of flatten(value, `${prefix}${key}.`)) flat.set(inner, text);
  }
  return flat;
}

const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

describe("dictionaries", () => {
  const [chinese, english] = [flatten(zh), flatten(en)];

  it("have the same keys, none of them empty", () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
    for (const [key, text] of [...chinese, ...english]) expect(text.trim(), key).not.toBe("");
  });

  it("have the same places to fill", () => {
    for (const [key, text] of chinese) expect(places(english.get(key) ?? ""), key).toEqual(places(text));
  });

  it("are written in their language", () => {
    const shared = new Set(["start.of", "start.some", "language", "help.plus_minus"]);
    for (const [key, text] of chinese) if (!shared.has(key) && key !== "time.value") expect(/\p{Script=Han}/u.test(text), `${key}: ${text}`).toBe(true);
    for (const [key, text] of english) if (key !== "language" && key !== "language_title") expect(/\p{Script=Han}/u.test(text), `${key}: ${text}`).toBe(false);
  });

  it("set Chinese with full-width punctuation", () => {
    for (const [key, text] of chinese) expect(/\p{Script=Han}[,;:!?()]|[,;:!?()]\p{Script=Han}/u.test(text), `${key}: ${text}`).toBe(false);
  });

  it("name every attribute and value in both languages", () => {
    for (const [key, entry] of Object.entries(attributeDictionary)) {
      expect(/\p{Script=Han}/u.test(entry.zh), key).toBe(true);
      expect(/^[\x20-\x7e²³×–]+$/.test(entry.en), key).toBe(true);
      for (const [value, text] of Object.entries(entry.values ?? {})) expect(text.zh && text.en, `${key}=${value}`).toBeTruthy();
    }
  });
});

describe("language", () => {
  it("is the remembered one, else the browser's, else Chinese", () => {
    expect(initialLanguage("en", ["zh-CN"])).toBe("en");
    expect(initialLanguage(null, ["fr-FR", "en-GB", "zh-TW"])).toBe("en");
    expect(initialLanguage("nonsense", ["zh-Hans-CN", "en"])).toBe("zh-CN");
    expect(initialLanguage(null, ["fr"])).toBe("zh-CN");
  });
});

it("fills only the places that it has values for", () => {
  expect(fill("{a} of {b}", { a: 1 })).toBe("1 of {b}");
});

it("falls back to the other language for an empty title", () => {
  expect(local({ zh: "", en: "Roads" }, "zh-CN")).toBe("Roads");
  expect(local({ zh: "道路", en: "" }, "en")).toBe("道路");
});

it("writes lengths and class names for reading", () => {
  expect(formatLength(999.6, "en")).toBe("1,000 m");
  expect(formatLength(1250, "en")).toBe("1.3 km");
  expect(className("BuildingPart", "建筑部件", "en")).toBe("Building part");
  expect(className("BuildingPart", "建筑部件", "zh-CN")).toBe("建筑部件");
});

it("sets units as they are written", () => {
  expect(["1", "m2", "m", "1/a", "万m2"].map((unit) => formatUnit(unit, "zh-CN"))).toEqual(["", "m²", "m", "/年", "万m²"]);
});
