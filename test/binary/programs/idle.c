/* A PID 1 as most programs are: it has no children of its own and never waits for any. */
#include <unistd.h>

int main(void) {
  for (;;) pause();
}
