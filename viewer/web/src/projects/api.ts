// The project library on the wire: records, vocabularies, town offices, import and export.
import type { MultiPolygon, Polygon } from "../geojson";
import { query, type Http, type Tagged } from "../http";
import type { Language } from "../i18n";

export interface Milestone { step: string; planned_on: string | null; done_on: string | null }

export interface YearlyInvestment { year: number; planned_cny: number | null; done_cny: number | null }

export interface Flag { kind: string; severity: string; message: string; feature: string | null }

/** 双评双公示; dates as `YYYY-MM-DD`. */
export interface Review {
  score: number | null;
  expert_review: string | null;
  public_notice_1: string | null;
  public_notice_2: string | null;
  published_on: string | null;
}

export interface Project {
  id: string;
  feature_index: number;
  revision: number;
  name: string;
  /** 储备库, 实施库 or 竣工库, by its stage. */
  library: string | null;
  district: string | null;
  town_office: string | null;
  class: string | null;
  way: string | null;
  stage: string | null;
  exit: string | null;
  progress: string | null;
  entered_on: string | null;
  start_on: string | null;
  finish_on: string | null;
  milestones: Milestone[];
  investment_cny: number | null;
  investment: YearlyInvestment[];
  floor_area_existing_m2: number | null;
  floor_area_demolished_m2: number | null;
  floor_area_new_m2: number | null;
  resettlement_rate: number | null;
  responsible_unit: string | null;
  problems: string[];
  photos: string[];
  documents: { title: string; url: string }[];
  review: Review;
  flags: Flag[];
  smart_pilot: boolean;
  source_row: string | null;
  area_m2: number;
  center_enu: [number, number, number];
  radius_m: number;
  outline: MultiPolygon | Polygon | null;
}

export interface Office {
  name: string;
  target_cny: number | null;
  planned_cny: number | null;
  done_cny: number | null;
  num_projects: number;
  rank: number | null;
  zone_id: string | null;
  /** Dense number of the zone. */
  zone_index: number | null;
  year?: number;
  source?: string;
  /** Targets are a sample and not the city's own. */
  is_sample?: boolean;
}

/** A word that a field may hold; `id` is what is stored and shown in Chinese. */
export interface Word { id: string; en: string; scheme?: string; library?: string; verified: boolean }

/** Lists that the record's fields choose from, in their order. */
export type Vocabulary = Record<"class" | "way" | "stage" | "exit" | "progress" | "step" | "review", Word[]>;

/** A stored word in a language; a word of no list stands as it is. */
export function wordFor(words: Vocabulary | null, field: keyof Vocabulary, id: string | null, language: Language): string {
  if (!id) return "—";
  return language === "en" ? (words?.[field].find((word) => word.id === id)?.en ?? id) : id;
}

export interface ImportReport { imported: number; updated: number; quarantined: number; issues: unknown[] }

export type ExportFormat = "geojson" | "csv" | "xlsx";
export type ImportFormat = ExportFormat | "citygml";

export class ProjectApi {
  constructor(private readonly http: Http) {}

  async list(signal?: AbortSignal): Promise<Project[]> {
    return (await this.http.json<{ projects: Project[] }>("api/v1/projects", { signal })).projects;
  }

  read(id: string, signal?: AbortSignal): Promise<Tagged<Project>> {
    return this.http.tagged(path(id), { signal });
  }

  /** Changes the named fields only. */
  patch(id: string, fields: Partial<Project>, ifMatch: string): Promise<Tagged<Project>> {
    return this.http.tagged(path(id), { method: "PATCH", body: fields, ifMatch });
  }

  create(geometry: Polygon, properties: Record<string, unknown>): Promise<Tagged<Project>> {
    return this.http.tagged("api/v1/projects", { method: "POST", body: { type: "Feature", geometry, properties } });
  }

  remove(id: string, ifMatch: string): Promise<unknown> {
    return this.http.request(path(id), { method: "DELETE", ifMatch });
  }

  vocabulary(signal?: AbortSignal): Promise<Vocabulary> {
    return this.http.json("api/v1/projects/vocabulary", { signal });
  }

  async offices(signal?: AbortSignal): Promise<Office[]> {
    const answer = await this.http.json<Office[] | { offices: Office[] }>("api/v1/projects/offices", { signal });
    return Array.isArray(answer) ? answer : answer.offices;
  }

  importFile(file: File, format: ImportFormat): Promise<ImportReport> {
    return this.http.json(`api/v1/projects/import${query({ format })}`, { method: "POST", body: new Blob([file], { type: "application/octet-stream" }) });
  }

  exportUrl(format: ExportFormat): string {
    return this.http.url(`api/v1/projects/export${query({ format })}`).href;
  }
}

/** Format of a file by its name; null when it is none that the library reads. */
export function importFormat(name: string): ImportFormat | null {
  const [, extension = ""] = /\.([^.]+)$/.exec(name.toLowerCase()) ?? [];
  switch (extension) {
    case "json":
    case "geojson":
      return "geojson";
    case "csv":
      return "csv";
    case "xlsx":
      return "xlsx";
    case "gml":
    case "xml":
      return "citygml";
    default:
      return null;
  }
}

const path = (id: string): string => `api/v1/projects/${encodeURIComponent(id)}`;
