/* ctfdict.c - see ctfdict.h. */
#include "object/ctfdict.h"

#include <pthread.h>
#include <string.h>

#include "object/loader.h"

#define MAGIC 0xdff2
#define VERSION 4                 /* CTF_VERSION_3 */
#define HEADER 52                 /* bytes */
#define FLAG_COMPRESSED 1
#define FLAG_DYNAMIC 8
#define LARGE 0xffffffffu         /* a size that stands behind */
#define OUTER 0x80000000u         /* in places of strings that are the symbol */
                                  /* table's */
#define LIMIT_DATA 0x10000000     /* bytes of one dict */

typedef struct Header {
  uint8_t flags;
  uint32_t parts[CTF_PARTS + 1];
} Header;

/* ---------------------------------------------------------------------
** zlib, which dicts of some size are compressed with.
*/

typedef int Uncompress(uint8_t *to, unsigned long *size, const uint8_t *from,
                       unsigned long length);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static Uncompress *uncompress;

static void load(void) {
  bool missing;
  void *handle = loader_open("libz.so.1", LOADER_RESIDENT);
  void *address = handle == NULL
                      ? NULL : loader_symbol(handle, "uncompress", NULL,
                                             &missing);
  memcpy(&uncompress, &address, sizeof address);
}

static bool inflate(Cursor *data, size_t size, Arena *arena, Error *error) {
  pthread_once(&once, load);
  if (uncompress == NULL)
    return error_set(error, 0, "its debug info is in CTF, compressed, which "
                     "zlib reads: there is no libz.so.1; on Debian: apt-get "
                     "install zlib1g");
  unsigned long room = size;
  uint8_t *bytes = arena_alloc(arena, size + 1);
  if (bytes == NULL)
    return error_set(error, 0, "not enough memory for debug info");
  if (uncompress(bytes, &room, data->bytes, data->size) != 0 || room != size)
    return error_set(error, 0, "its debug info in CTF is damaged: it cannot "
                     "be uncompressed");
  data->bytes = bytes;
  data->size = size;
  return true;
}

/* ---------------------------------------------------------------------
** Making a dict.
*/

/* The parts are in order, and the strings the last. */
static bool read_header(Cursor *bytes, Header *header) {
  cursor_seek(bytes, 0);
  uint16_t magic = cursor_u16(bytes);
  uint8_t version = cursor_u8(bytes);
  header->flags = cursor_u8(bytes);
  cursor_skip(bytes, 12);         /* names of label, parent and source */
  for (int i = 0; i < CTF_PARTS; i++)
    header->parts[i] = cursor_u32(bytes);
  uint64_t end = (uint64_t)header->parts[CTF_STRINGS] + cursor_u32(bytes);
  if (bytes->failed || magic != MAGIC || version != VERSION ||
      end > LIMIT_DATA)
    return false;
  header->parts[CTF_PARTS] = (uint32_t)end;
  for (int i = 0; i < CTF_PARTS; i++)
    if (header->parts[i] > header->parts[i + 1])
      return false;
  return true;
}

bool ctfdict_isdynamic(Cursor bytes) {
  Header header;
  return read_header(&bytes, &header) && (header.flags & FLAG_DYNAMIC) != 0;
}

/* How many bytes follow the record of a type. */
static uint64_t rest_of(uint32_t kind, uint64_t count) {
  switch (kind) {
    case CTF_INTEGER: case CTF_FLOAT: return 4;
    case CTF_SLICE: return 8;
    case CTF_ARRAY: return 12;
    case CTF_FUNCTION: return 4 * (count + count % 2);
    case CTF_STRUCT: case CTF_UNION: return 12 * count;
    case CTF_ENUM: return 8 * count;
    default: return 0;
  }
}

static void read_record(Cursor *cursor, CtfRecord *out) {
  uint32_t name = cursor_u32(cursor);
  uint32_t info = cursor_u32(cursor);
  out->kind = info >> 26;
  out->count = info & 0xffffff;
  out->target = cursor_u32(cursor);
  out->size = out->target;
  if (out->target == LARGE) {
    out->size = (uint64_t)cursor_u32(cursor) << 32;
    out->size += cursor_u32(cursor);
  }
  out->name = ctfdict_string(out->dict, name);
  out->rest = *cursor;
}

/* Lists where the types are: each says how long it is. */
static bool list_types(CtfDict *dict, Arena *arena, Error *error) {
  Cursor cursor = dict->data;
  CtfRecord record = {.dict = dict};
  cursor.size = dict->parts[CTF_STRINGS];
  cursor_seek(&cursor, dict->parts[CTF_TYPES]);
  size_t most = (cursor.size - dict->parts[CTF_TYPES]) / 12;
  dict->types = arena_alloc(arena, (most + 1) * sizeof *dict->types);
  if (dict->types == NULL)
    return error_set(error, 0, "not enough memory for debug info");
  while (cursor.at < cursor.size && !cursor.failed) {
    dict->types[dict->ntypes++] = (uint32_t)cursor.at;
    read_record(&cursor, &record);
    cursor_skip(&cursor, rest_of(record.kind, record.count));
  }
  return !cursor.failed || error_set(error, 0, "its debug info in CTF is "
                                     "damaged: a type ends behind the others");
}

bool ctfdict_make(CtfDict *dict, const CtfDict *parent, Cursor bytes,
                  Arena *arena, Error *error) {
  Header header;
  ElfStrings outer = dict->outer;
  if (!read_header(&bytes, &header))
    return error_set(error, 0, "its debug info in CTF is damaged, or of another "
                     "version than 3");
  Cursor data = bytes;
  data.bytes += HEADER;
  data.size -= HEADER;
  data.at = 0;
  size_t size = header.parts[CTF_PARTS];
  if ((header.flags & FLAG_COMPRESSED) != 0) {
    if (!inflate(&data, size, arena, error))
      return false;
  } else if (data.size < size) {
    return error_set(error, 0, "its debug info in CTF is damaged: it is cut "
                     "off");
  }
  data.size = size;
  *dict = (CtfDict){.parent = parent, .data = data, .outer = outer};
  memcpy(dict->parts, header.parts, sizeof dict->parts);
  dict->own.bytes = (const char *)data.bytes + dict->parts[CTF_STRINGS];
  dict->own.size = size - dict->parts[CTF_STRINGS];
  return list_types(dict, arena, error);
}

/* ---------------------------------------------------------------------
** Reading it.
*/

bool ctfdict_record(const CtfDict *dict, uint32_t number, CtfRecord *out) {
  if ((number & CTF_CHILD) == 0 && dict->parent != NULL)
    dict = dict->parent;
  else if ((number & CTF_CHILD) != 0 && dict->parent == NULL)
    return false;
  number &= ~CTF_CHILD;
  if (number == 0 || number > dict->ntypes)
    return false;
  Cursor cursor = dict->data;
  cursor.size = dict->parts[CTF_STRINGS];
  cursor_seek(&cursor, dict->types[number - 1]);
  out->dict = dict;
  read_record(&cursor, out);
  return !cursor.failed;
}

const char *ctfdict_string(const CtfDict *dict, uint32_t place) {
  const ElfStrings *strings = (place & OUTER) != 0 ? &dict->outer : &dict->own;
  const char *string = strings_at(strings, place & ~OUTER, LIMIT_NAME);
  return string == NULL || *string == '\0' ? NULL : string;
}
