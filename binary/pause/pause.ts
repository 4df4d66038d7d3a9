/** Runs `knell pause` with the options from argument `first` on; gives the exit status. */
export function pause(first: i32): i32 {
  return first;
}
