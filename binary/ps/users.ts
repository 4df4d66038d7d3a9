// Names of users from /etc/passwd (passwd(5)), which may be missing: then there are only numbers.

import { COLON, LF } from "../system/ascii";
import { buffer } from "../system/buffers";
import { indexOf, parseDecimal } from "../system/bytes";
import { ptr } from "../system/host";
import { readFile } from "../system/proc";
import { copyPath } from "../system/writer";

/** What lies behind is not read. */
const SIZE: i32 = 65_536;
const PASSWD: ptr = buffer(SIZE);
const PATH: ptr = buffer(16);
/** The longest name that useradd(8) makes. */
const NAME_LIMIT: i32 = 32;

class Users {
  /** After `find` gave true. */
  nameAt: ptr = 0;
  nameLength: i32 = 0;
  private length: i32 = 0;
  /** The user last asked for: most processes of a container have the same one. */
  private uid: i64 = -1;
  private isFound: bool = false;

  load(): void {
    copyPath(PATH, "/etc/passwd");
    this.length = max(readFile(PATH, PASSWD, SIZE), 0);
  }

  /** Finds the first name of `uid`; false if it has none, or one longer than 32 bytes. */
  find(uid: i64): bool {
    if (uid === this.uid) return this.isFound;
    this.uid = uid;
    this.isFound = false;
    for (let start = 0; start < this.length && !this.isFound; ) {
      const end = indexOf(PASSWD + start, this.length - start, LF);
      const length = end < 0 ? this.length - start : end;
      this.isFound = this.matches(PASSWD + start, length, uid);
      start += length + 1;
    }
    return this.isFound;
  }

  /** Takes the name of a line "name:password:uid:…" if it is the one of `uid`. */
  private matches(line: ptr, length: i32, uid: i64): bool {
    const name = indexOf(line, length, COLON);
    if (name < 1 || name > NAME_LIMIT) return false;
    const password = indexOf(line + name + 1, length - name - 1, COLON);
    const number = name + password + 2;
    const digits = password < 0 ? -1 : indexOf(line + number, length - number, COLON);
    if (parseDecimal(line + number, digits) !== uid) return false;
    this.nameAt = line;
    this.nameLength = name;
    return true;
  }
}

export const users = new Users();
