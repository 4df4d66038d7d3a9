# What zsh offers for the last of WORDS, one per line, asked in a terminal of its own: zsh-complete.py SCRIPT WORDS
import os, pty, re, select, sys, tempfile, time

script, words = sys.argv[1:]
# Tab runs the real completion with a compadd that also collects what it is given, and prints that.
SETUP = f"""
unsetopt zle_bracketed_paste
autoload -U compinit; compinit -u -D
source {os.path.abspath(script)}
compadd() {{ local -a found; builtin compadd -O found "$@"; matches+=($found); builtin compadd "$@" }}
capture() {{
  matches=()
  _main_complete
  print -rl -- "" KNELL"-BEGIN" ${{(u)matches}} KNELL"-END"
  compstate[insert]=; compstate[list]=
}}
zle -C capture complete-word capture
bindkey '^I' capture
print KNELL"-READY"
"""

with tempfile.NamedTemporaryFile("w", suffix=".zsh") as setup:
    setup.write(SETUP)
    setup.flush()
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", COLUMNS="400", PS1="")
        os.execvp("zsh", ["zsh", "-f", "-i"])

    def read_until(pattern, deadline_s=15):
        data, end = "", time.monotonic() + deadline_s
        while not re.search(pattern, data):
            left = end - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                sys.exit(f"zsh did not print {pattern!r}: {data!r}")
            data += os.read(fd, 65536).decode()
        return data

    os.write(fd, f"source {setup.name}\n".encode())
    read_until("KNELL-READY")
    os.write(fd, (words + "\t").encode())
    shown = read_until("KNELL-END")
    body = shown.split("KNELL-BEGIN", 1)[1].split("KNELL-END", 1)[0]
    print("\n".join(line.strip() for line in body.splitlines() if line.strip()))
    os.close(fd)
