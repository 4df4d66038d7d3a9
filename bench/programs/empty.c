// The least a static program can do: the floor under every exec.
int main(void) { return 0; }
