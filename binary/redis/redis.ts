/** Runs `knell redis` with the options from argument `first` on; gives the exit status. */
export function redis(first: i32): i32 {
  return first;
}
