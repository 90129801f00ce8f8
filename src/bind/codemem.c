/*
** codemem.c - see codemem.h.
**
** A region is cut into blocks of 4 KiB, and a block into slots of one size,
** as soon as one of that size is needed. What is in use is noted beside, not
** in the memory itself. A region that is not used any more is unmapped, but
** for the last one.
**
**   slots[size] -> block -> block     those with a free slot
**   spare -> block -> block           those that have no size
**
** A child of fork shares the regions: what one side wrote, the other one
** would run. So slots that were in use at a fork are never used again, and
** the child makes regions of its own.
*/
#define _GNU_SOURCE
#include "bind/codemem.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK 4096u
#define SLOT 64u                  /* bytes of the smallest slot */
#define SIZES 20                  /* see size_index */
#define FIRST_REGION (64u << 10)  /* bytes; each is twice the one before, */
#define LAST_REGION (1u << 20)    /* up to this */

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u            /* since Linux 6.3 */
#endif

typedef struct Block Block;

struct Block {
  Block *next, **link;            /* of the list that it is on; NULL: none */
  uint64_t used;                  /* a bit for each slot */
  uint64_t kept;                  /* a child may run these */
  uint8_t size;                   /* its index; SIZES: it has none */
};

typedef struct Region Region;

struct Region {
  Region *next;
  char *write, *run;
  size_t bytes;
  size_t busy;                    /* blocks that have a size */
  Block blocks[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static Region *regions;
static Region *inherited;         /* of the process that this one is from */
static Block *slots[SIZES + 1];   /* the last list: spare blocks */
static size_t total;              /* bytes of all regions */
static bool forbidden;            /* this process may not run what it wrote */

/* ---- sizes ---- */

/*
** 64, 128 ... 512 in steps of 64, then four steps to each power of two:
** little is lost inside slots, and few sizes share the blocks.
*/
static size_t slot_bytes(unsigned size) {
  if (size < 8)
    return (size + 1) * SLOT;
  return (size_t)(size % 4 + 5) << (7 + (size - 8) / 4);
}

static unsigned size_index(size_t bytes) {
  unsigned size = 0;
  while (slot_bytes(size) < bytes)
    size++;
  return size;
}

/* A bit for each slot of a block. */
static uint64_t all_slots(unsigned size) {
  size_t n = BLOCK / slot_bytes(size);
  return n == 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
}

/* ---- lists ---- */

static void put_on(Block **list, Block *block) {
  block->next = *list;
  block->link = list;
  if (*list != NULL)
    (*list)->link = &block->next;
  *list = block;
}

static void take_off(Block *block) {
  *block->link = block->next;
  if (block->next != NULL)
    block->next->link = block->link;
  block->link = NULL;
}

/* ---- fork ---- */

static void before_fork(void) {
  pthread_mutex_lock(&lock);
}

static void in_parent(void) {
  for (Region *r = regions; r != NULL; r = r->next) {
    for (size_t i = 0; i < r->bytes / BLOCK; i++)
      r->blocks[i].kept = r->blocks[i].used;
  }
  pthread_mutex_unlock(&lock);
}

/* What is there runs on, but is nobody's to change or to free. */
static void in_child(void) {
  Region **end = &regions;
  while (*end != NULL)
    end = &(*end)->next;
  *end = inherited;
  inherited = regions;
  regions = NULL;
  total = 0;
  memset(slots, 0, sizeof slots);
  pthread_mutex_unlock(&lock);
}

static void watch_forks(void) {
  if (pthread_atfork(before_fork, in_parent, in_child) != 0)
    forbidden = true;
}

/* ---- regions ---- */

static int memory_file(size_t bytes) {
  int fd = memfd_create("cplugin", MFD_CLOEXEC | MFD_EXEC);
  if (fd < 0 && errno == EINVAL)                /* an older kernel */
    fd = memfd_create("cplugin", MFD_CLOEXEC);
  if (fd >= 0 && ftruncate(fd, (off_t)bytes) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

/* Maps it twice; false: not possible. */
static bool map(Region *region, int fd) {
  size_t bytes = region->bytes;
  region->write = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (region->write == MAP_FAILED)
    return false;
  region->run = mmap(NULL, bytes, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  if (region->run == MAP_FAILED) {
    forbidden = errno == EACCES || errno == EPERM;
    munmap(region->write, bytes);
    return false;
  }
  madvise(region->write, bytes, MADV_DONTFORK);
  return true;
}

static void add_region(void) {
  size_t bytes = regions == NULL ? FIRST_REGION : regions->bytes * 2;
  if (bytes > LAST_REGION)
    bytes = LAST_REGION;
  if (forbidden || total + bytes > LIMIT_CODE)
    return;
  size_t n = bytes / BLOCK;
  Region *region = calloc(1, sizeof *region + n * sizeof(Block));
  int fd = region == NULL ? -1 : memory_file(bytes);
  if (fd >= 0) {
    region->bytes = bytes;
    if (!map(region, fd))
      region->bytes = 0;
    close(fd);
  }
  if (fd < 0 || region->bytes == 0) {
    free(region);
    return;
  }
  region->next = regions;
  regions = region;
  total += bytes;
  /* The last one stays empty: tools that read code read on behind it. */
  for (size_t i = n - 1; i > 0; i--) {          /* the first one on top */
    region->blocks[i - 1].size = SIZES;
    put_on(&slots[SIZES], &region->blocks[i - 1]);
  }
}

static Region *region_of_block(const Block *block) {
  Region *r = regions;
  while (block < r->blocks || block >= r->blocks + r->bytes / BLOCK)
    r = r->next;
  return r;
}

static Region *region_of_code(Region *r, const char *code) {
  while (r != NULL && (code < r->run || code >= r->run + r->bytes))
    r = r->next;
  return r;
}

/* ---- code ---- */

/*
** valgrind runs translations of code, which it believes unchanged in memory
** files: its VG_USERREQ__DISCARD_TRANSLATIONS. Elsewhere this does nothing.
*/
static void discard_translations(const void *at, size_t size) {
#if defined(__x86_64__)
  uint64_t request[6] = {0x1002, (uintptr_t)at, size, 0, 0, 0};
  uint64_t result = 0;
  __asm__ volatile(
      "rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi\n\t"
      "xchgq %%rbx, %%rbx"
      : "+d"(result) : "a"(request) : "cc", "memory");
#else
  (void)at;
  (void)size;
#endif
}

/* A block with a free slot of that size, or NULL. */
static Block *block_for(unsigned size) {
  if (slots[size] != NULL)
    return slots[size];
  if (slots[SIZES] == NULL)
    add_region();
  Block *block = slots[SIZES];
  if (block == NULL)
    return NULL;
  take_off(block);
  block->size = (uint8_t)size;
  put_on(&slots[size], block);
  region_of_block(block)->busy++;
  return block;
}

/* Marks one slot of the block as used; returns its number. */
static unsigned take_slot(Block *block) {
  unsigned slot = (unsigned)__builtin_ctzll(~block->used);
  block->used |= (uint64_t)1 << slot;
  if (block->used == all_slots(block->size))
    take_off(block);
  return slot;
}

static void *write_code(Block *block, unsigned slot, const void *code,
                        size_t size) {
  Region *region = region_of_block(block);
  size_t bytes = slot_bytes(block->size);
  size_t at = (size_t)(block - region->blocks) * BLOCK + slot * bytes;
  char *run = region->run + at;
  memcpy(region->write + at, code, size);
  __builtin___clear_cache(run, run + bytes);
  discard_translations(run, bytes);
  return run;
}

void *codemem_make(const void *code, size_t size) {
  if (size == 0 || size > CODEMEM_MAX)
    return NULL;
  pthread_once(&once, watch_forks);
  pthread_mutex_lock(&lock);
  void *made = NULL;
  Block *block = block_for(size_index(size));
  if (block != NULL)
    made = write_code(block, take_slot(block), code, size);
  pthread_mutex_unlock(&lock);
  return made;
}

/* Nothing of it is used, so all of its blocks are spare but for the last. */
static void remove_region(Region *region) {
  Region **link = &regions;
  while (*link != region)
    link = &(*link)->next;
  *link = region->next;
  for (size_t i = 0; i < region->bytes / BLOCK - 1; i++)
    take_off(&region->blocks[i]);
  munmap(region->write, region->bytes);
  munmap(region->run, region->bytes);
  total -= region->bytes;
  free(region);
}

static void give_back(Region *region, char *code) {
  size_t at = (size_t)(code - region->run);
  Block *block = &region->blocks[at / BLOCK];
  size_t bytes = slot_bytes(block->size);
  uint64_t bit = (uint64_t)1 << (at % BLOCK / bytes);
  if (block->kept & bit)
    return;
  memset(region->write + at, 0, bytes);         /* add %al, (%rax); udf */
  __builtin___clear_cache(code, code + bytes);
  if (block->link != NULL)
    take_off(block);
  block->used &= ~bit;
  if (block->used == 0) {
    block->size = SIZES;
    region->busy--;
  }
  put_on(&slots[block->size], block);
  if (region->busy == 0 && regions->next != NULL)
    remove_region(region);
}

void codemem_free(void *code) {
  if (code == NULL)
    return;
  pthread_mutex_lock(&lock);
  Region *region = region_of_code(regions, code);
  if (region != NULL)
    give_back(region, code);
  pthread_mutex_unlock(&lock);
}

bool codemem_has(const void *address) {
  pthread_mutex_lock(&lock);
  bool has = region_of_code(regions, address) != NULL ||
             region_of_code(inherited, address) != NULL;
  pthread_mutex_unlock(&lock);
  return has;
}
