/* bytes INIT [OPTION]...: executes INIT with words and variables that are no text and "bytes" as its program, which
 * then says "same" if they arrived unchanged and in order. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LONG_WORD (128 * 1024 - 1) /* MAX_ARG_STRLEN with its NUL */

static char long_word[LONG_WORD + 1];
static char *hostile[] = {"\xff\xfe", "line\nbreak", "", "-l", "--", long_word, "", 0};
static char *variables[] = {"TWICE=1", "PATH=/usr/bin:/bin", "TWICE=2", "BYTES=\xff\n", "EMPTY=", "no equals sign", "=x", 0};
extern char **environ;

static int differ(char **got, char **wanted, const char *what) {
  for (int i = 0; wanted[i] || got[i]; i++) {
    if (!wanted[i] || !got[i] || strcmp(wanted[i], got[i])) return printf("%s %d differs\n", what, i);
  }
  return 0;
}

int main(int count, char **words) {
  memset(long_word, 'x', LONG_WORD);
  if (!strcmp(words[count - 1], "")) {
    if (!differ(words + 1, hostile, "argument") && !differ(environ, variables, "variable")) puts("same");
    return 0;
  }
  char *line[64];
  int length = 0;
  for (int i = 1; i < count; i++) line[length++] = words[i];
  line[length++] = "--";
  line[length++] = words[0];
  for (int i = 0; i == 0 || hostile[i - 1]; i++) line[length++] = hostile[i];
  execve(line[0], line, variables);
  perror(line[0]);
  return 98;
}
