/*
** dependency.c - what depends.c is linked to.
*/
int dependency_only(int x) { return x + 1000; }

int shared_name(void) { return 1; }
