/** Runs `knell init` with the options from argument `first` on; gives the exit status. */
export function init(first: i32): i32 {
  return first;
}
