// hosts(5): names that need no name server. Pure.

import { toLower } from "../system/bytes";
import { ptr } from "../system/host";
import { AddressList } from "./address-list";
import { Words } from "./words";

const words = new Words();

/** Adds every address of `family` (0 for any) that the text gives `name`. True if a line has the name. */
export function findInHosts(
  text: ptr,
  length: i32,
  name: ptr,
  nameLength: i32,
  family: i32,
  addresses: AddressList,
): bool {
  let found = false;
  words.start(text, length);
  while (words.nextLine()) {
    if (!words.next()) continue;
    const address = words.at;
    const addressLength = words.length;
    while (words.next()) {
      if (!sameName(words.at, words.length, name, nameLength)) continue;
      if (addresses.addLiteral(address, addressLength, family)) found = true;
      break;
    }
  }
  return found;
}

function sameName(at: ptr, length: i32, name: ptr, nameLength: i32): bool {
  if (length !== nameLength) return false;
  for (let i = 0; i < length; i++) {
    if (toLower(load<u8>(at + i)) !== toLower(load<u8>(name + i))) return false;
  }
  return true;
}
