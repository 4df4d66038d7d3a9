/* Set-id root: becomes root entirely, so that its starter may not kill it, says "root" and sleeps two seconds. */
#define _GNU_SOURCE
#include <unistd.h>

int main(void) {
  if (setresuid(0, 0, 0) < 0 || write(1, "root\n", 5) < 0) return 1;
  sleep(2);
  return 0;
}
