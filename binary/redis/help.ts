import { out } from "../system/output";

export function redisHelp(): void {
  out.line("Usage: knell redis");
}
