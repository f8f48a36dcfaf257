// Status of a project for eye and colour-blind eye: a colour and a pattern by stage, a word and a colour by progress.
import type { Project } from "./api";

export type StatusKind = "idea" | "review" | "entered" | "started" | "built" | "running" | "exit";

const BY_STAGE: Record<string, StatusKind> = { 谋划: "idea", 评审: "review", 入库: "entered", 开工: "started", 建成: "built", 运营: "running" };

/** Stages in their order. */
export const STATUS_KINDS: readonly StatusKind[] = ["idea", "review", "entered", "started", "built", "running"];

/** Colours with a contrast of 3:1 or more on the dark cards. */
export const STATUS_COLORS: Record<StatusKind, string> = {
  idea: "#b7a6ee",
  review: "#e4a3d4",
  entered: "#f0c05a",
  started: "#56b4e9",
  built: "#4fc38f",
  running: "#9fd35a",
  exit: "#a3abb3",
};

export function statusKind({ stage, exit }: Pick<Project, "stage" | "exit">): StatusKind {
  return exit ? "exit" : (BY_STAGE[stage ?? ""] ?? "idea");
}

/** CSS background of a status: dashes while planned, hatch while under way, solid when built, crossed when out. */
export function statusFill(kind: StatusKind): string {
  const color = STATUS_COLORS[kind];
  switch (kind) {
    case "idea":
    case "review":
    case "entered":
      return `repeating-linear-gradient(90deg, ${color} 0 6px, color-mix(in srgb, ${color} 35%, transparent) 6px 9px)`;
    case "started":
      return `repeating-linear-gradient(45deg, ${color} 0 5px, color-mix(in srgb, ${color} 55%, #10202c) 5px 8px)`;
    case "built":
    case "running":
      return color;
    case "exit":
      return `repeating-linear-gradient(45deg, transparent 0 4px, ${color} 4px 5px), repeating-linear-gradient(-45deg, transparent 0 4px, ${color} 4px 5px), #3a424a`;
  }
}

/** 正常, 延误, 严重滞后 as a rank for sorting and a colour; null when nothing is recorded. */
export function progressLevel(progress: string | null): { rank: number; color: string; mark: string } | null {
  switch (progress) {
    case "正常":
      return { rank: 2, color: "#4fc38f", mark: "●" };
    case "延误":
      return { rank: 1, color: "#f0b04a", mark: "▲" };
    case "严重滞后":
      return { rank: 0, color: "#ff7f6e", mark: "■" };
    default:
      return null;
  }
}

/** Investment done over planned, 0–1 and more; null when nothing is planned, or nothing recorded of what was done. */
export function doneShare({ investment, investment_cny }: Pick<Project, "investment" | "investment_cny">): number | null {
  if (investment.every(({ done_cny }) => done_cny === null)) return null;
  const done = investment.reduce((sum, year) => sum + (year.done_cny ?? 0), 0);
  const planned = investment_cny ?? investment.reduce((sum, year) => sum + (year.planned_cny ?? 0), 0);
  return planned > 0 ? done / planned : null;
}
