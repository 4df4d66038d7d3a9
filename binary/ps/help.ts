import { out } from "../system/output";

export function psHelp(): void {
  out.line("Usage: knell ps");
}
