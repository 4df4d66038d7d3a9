import { out } from "../system/output";

export function pauseHelp(): void {
  out.line("Usage: knell pause");
}
