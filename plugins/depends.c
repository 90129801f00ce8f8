/*
** depends.c - a plugin that needs another shared object beside it.
**
** Linked with -L... -l:dependency.so -Wl,-rpath,'$ORIGIN'. It exports
** `depends` and its own `shared_name`; `dependency_only` is the other's.
*/
int dependency_only(int x);

int depends(int x) { return dependency_only(x) * 2; }

int shared_name(void) { return 2; }
