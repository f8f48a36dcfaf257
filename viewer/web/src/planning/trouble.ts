// Errors of the server in words that say what was refused, for which feature, and why.
import { ApiError } from "../http";
import { fill, type Messages } from "../i18n";
import type { Trouble } from "./state";

/** An error in words: what was refused, and for which feature. */
export function troubleOf(error: unknown, text: Messages["planning"]["errors"]): Trouble {
  if (!(error instanceof ApiError)) return { text: error instanceof Error ? error.message : String(error), items: [] };
  const lead = leadOf(error.status, text);
  return { text: lead ? fill(lead, { reason: error.message }) : error.message, items: error.items };
}

function leadOf(status: number, text: Messages["planning"]["errors"]): string | null {
  if (status === 0) return text.network;
  if (status === 404) return text.missing;
  if (status === 400 || status === 422) return text.invalid;
  if (status === 412 || status === 428) return text.stale;
  if (status === 413) return text.large;
  return status >= 500 ? text.server : null;
}
