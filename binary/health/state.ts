// What the endpoint has to know about the life of the main child. Written by init, read by the endpoint.

class HealthState {
  /** When knell began to listen. */
  startedAt: i64 = 0;
  /** TERM, INT or QUIT was forwarded: no longer ready (N4). */
  isStopping: bool = false;
  /** The main child has ended: nothing passes any more (N5). */
  isMainGone: bool = false;
}

export const state = new HealthState();
