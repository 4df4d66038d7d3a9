import { out } from "../system/output";

export function execHelp(): void {
  out.line("Usage: knell exec");
}
