/*
** threads.c - a callback from another thread, and work for several ones.
*/
#include <pthread.h>
#include <stddef.h>

struct Job {
  int (*f)(int);
  int x;
  int result;
};

static void *run_job(void *data) {
  struct Job *job = data;
  job->result = job->f(job->x);
  return NULL;
}

/* f(x), called on a thread made for it; -1 if there can be none. */
int call_on_thread(int (*f)(int), int x) {
  struct Job job = {f, x, 0};
  pthread_t thread;
  if (pthread_create(&thread, NULL, run_job, &job) != 0)
    return -1;
  pthread_join(thread, NULL);
  return job.result;
}

/* The same `count` times at once, up to 16; the results are added. */
int call_on_threads(int (*f)(int), int count) {
  struct Job jobs[16];
  pthread_t threads[16];
  int started = 0, sum = 0;
  for (int i = 0; i < count && i < 16; i++) {
    struct Job job = {f, i, 0};
    jobs[i] = job;
    if (pthread_create(&threads[i], NULL, run_job, &jobs[i]) != 0)
      break;
    started++;
  }
  for (int i = 0; i < started; i++) {
    pthread_join(threads[i], NULL);
    sum += jobs[i].result;
  }
  return sum;
}

/* Started by one call, ended by another: calls in between are Lua's. */
static pthread_t background;
static struct Job background_job;

int start_call(int (*f)(int), int x) {
  struct Job job = {f, x, 0};
  background_job = job;
  return pthread_create(&background, NULL, run_job, &background_job);
}

int finish_call(void) {
  pthread_join(background, NULL);
  return background_job.result;
}
