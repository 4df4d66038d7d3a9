import { parseDecimal } from "../system/bytes";
import { ptr } from "../system/host";
import { AF_INET, AF_INET6 } from "../system/linux";
export class ListenAddress {
  family: i32 = AF_INET6;
  isDualStack: bool = true;
  error: string = "";
  port: i32 = 0;
  parse(at: ptr, length: i32): bool {
    this.port = <i32>parseDecimal(at + 1, length - 1);
    return this.port > 0;
  }
  useIpv4(): void {
    this.family = AF_INET;
  }
  sockaddr(to: ptr): i32 {
    memory.fill(to, 0, 28);
    store<u16>(to, <u16>this.family);
    store<u16>(to + 2, bswap<u16>(<u16>this.port));
    return this.family === AF_INET ? 16 : 28;
  }
}
